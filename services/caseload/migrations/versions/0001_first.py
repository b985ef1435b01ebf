"""Teams, workers, cases and the waitlist, on the platform's tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import platform_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables."""
    platform_v1()
    _teams()
    _workers()
    _cases()
    _parts_of_cases()
    _waitlist()
    op.create_table(
        "assignment_explanations",
        sa.Column("case_id", sa.Uuid(), primary_key=True),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decision", JSONB(), nullable=False),
    )


def _teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("municipalities", JSONB(), nullable=False),
        sa.Column("target_groups", JSONB(), nullable=False),
        sa.Column("contact_policy", JSONB(), nullable=False),
        sa.Column("guideline_caseload", sa.Integer(), nullable=False),
        sa.Column("meetings_per_worker_week", sa.Float(), nullable=False),
        sa.Column("guidance_unit", sa.Boolean(), nullable=False),
        sa.Column("service_days_target", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id"), nullable=False),
        sa.Column("profession", sa.String(), nullable=False),
        sa.Column("employer_sector", sa.String(), nullable=False),
        sa.Column("competences", JSONB(), nullable=False),
        sa.Column("languages", JSONB(), nullable=False),
        sa.Column("capacity_points", sa.Integer(), nullable=False),
        sa.Column("working_days", JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_workers_team", "workers", ["team"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("contact_due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("contacted_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("closing_reason", sa.String()),
        sa.Column("alternative_service", sa.String()),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(
        "cases_one_open_per_client",
        "cases",
        ["client_ref"],
        unique=True,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_index("cases_of_team", "cases", ["team", "id"])


def _parts_of_cases() -> None:
    op.create_table(
        "case_workers",
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("worker_id", sa.Uuid(), sa.ForeignKey("workers.id"), primary_key=True),
    )
    op.create_index("ix_case_workers_worker_id", "case_workers", ["worker_id"])
    op.create_table(
        "case_referrals",
        sa.Column("referral_id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
    )
    op.create_index("ix_case_referrals_case_id", "case_referrals", ["case_id"])
    op.create_table(
        "contact_attempts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("worker_id", sa.Uuid()),
    )
    op.create_index("ix_contact_attempts_case_id", "contact_attempts", ["case_id"])


def _waitlist() -> None:
    op.create_table(
        "waitlist",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False, unique=True),
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id")),
        sa.Column("county", sa.String()),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("age_group", sa.String(), nullable=False),
        sa.Column("reasons", JSONB(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("wished_team", sa.Uuid()),
        sa.Column("leaves_institution_on", sa.Date()),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("contact_due_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_waitlist_team", "waitlist", ["team"])


def downgrade() -> None:
    """Takes the service's own tables away; the platform's go with the database."""
    for table in (
        "assignment_explanations",
        "waitlist",
        "contact_attempts",
        "case_referrals",
        "case_workers",
        "cases",
        "workers",
        "teams",
    ):
        op.drop_table(table)
