"""Consultations, group sessions, service gaps, multi-service paths, placements, history imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("finished_at IS NULL")


def upgrade() -> None:
    """Makes the tables."""
    _consultations()
    _group_sessions()
    _service_gaps()
    _service_paths()
    _placements()
    _case_imports()
    _imported_cases()


def _consultations() -> None:
    op.create_table(
        "consultations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id"), nullable=False),
        sa.Column("asked_by_kind", sa.String(), nullable=False),
        sa.Column("topics", JSONB(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary()),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("consultations_of_team", "consultations", ["team", "id"])


def _group_sessions() -> None:
    op.create_table(
        "group_sessions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id"), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("attendance", sa.Integer(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("group_sessions_of_team", "group_sessions", ["team", "id"])
    op.create_table(
        "group_attendances",
        sa.Column("session_id", sa.Uuid(), sa.ForeignKey("group_sessions.id"), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), primary_key=True),
    )
    op.create_index("ix_group_attendances_case_id", "group_attendances", ["case_id"])


def _service_gaps() -> None:
    op.create_table(
        "service_gaps",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id")),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("description_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id")),
        sa.Column("client_ref", sa.Uuid()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("resolution", sa.String()),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("service_gaps_of_team", "service_gaps", ["team", "id"])


def _service_paths() -> None:
    op.create_table(
        "service_paths",
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("coordinator", JSONB(), nullable=False),
        sa.Column("participants", JSONB(), nullable=False),
        sa.Column("organisations", JSONB(), nullable=False),
        sa.Column("plan_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("service_paths_due", "service_paths", ["next_review_on"])
    op.create_index(
        "service_paths_organisations",
        "service_paths",
        ["organisations"],
        postgresql_using="gin",
    )


def _placements() -> None:
    op.create_table(
        "placements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id")),
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id")),
        sa.Column("service_type", sa.String(), nullable=False),
        sa.Column("production", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("requires_sobriety", sa.Boolean()),
        sa.Column("entered_in_error", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("placements_of_client", "placements", ["client_ref", "id"])
    op.create_index("placements_of_team", "placements", ["team", "id"])


def _case_imports() -> None:
    op.create_table(
        "case_imports",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("caller_subject", sa.String(), nullable=False),
        sa.Column("caller_client_id", sa.String(), nullable=False),
        sa.Column("caller_org", sa.String()),
        sa.Column("caller_worker", sa.String()),
        sa.Column("lease_owner", sa.Uuid()),
        sa.Column("leased_until", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("traceparent", sa.String()),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
    )
    op.create_index("case_imports_open", "case_imports", ["id"], postgresql_where=OPEN)
    op.create_table(
        "case_import_pieces",
        _of_import(),
        sa.Column("nth", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "case_import_results",
        _of_import(),
        sa.Column("line", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("external_id", sa.String()),
        sa.Column("case_id", sa.Uuid()),
        sa.Column("errors", JSONB(), nullable=False),
    )


def _of_import() -> sa.Column[object]:
    return sa.Column(
        "import_id",
        sa.Uuid(),
        sa.ForeignKey("case_imports.id", ondelete="CASCADE"),
        primary_key=True,
    )


def _imported_cases() -> None:
    op.create_table(
        "imported_cases",
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id"), primary_key=True),
        sa.Column("external_id", sa.String(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), nullable=False, unique=True),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("age_group", sa.String(), nullable=False),
    )


def downgrade() -> None:
    """Takes them away again."""
    for table in (
        "imported_cases",
        "case_import_results",
        "case_import_pieces",
        "case_imports",
        "placements",
        "service_paths",
        "service_gaps",
        "group_attendances",
        "group_sessions",
        "consultations",
    ):
        op.drop_table(table)
