"""Absences, intake rules and leads' decisions; what a place in line needs to be routed again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the tables and columns; what runs on the tables as they were goes on."""
    _absences()
    _intake_rules()
    _lead_decisions()
    op.add_column(
        "teams", sa.Column("over_guideline", sa.Boolean(), nullable=False, server_default="false")
    )
    for column in (
        sa.Column("source_kind", sa.String()),
        sa.Column("redirect_reason", sa.String()),
        sa.Column("earlier_workers", JSONB(), nullable=False, server_default="[]"),
        sa.Column("waits_for_intake", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("stands_as", JSONB(none_as_null=True)),
    ):
        op.add_column("waitlist", column)


def _absences() -> None:
    op.create_table(
        "absences",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("worker_id", sa.Uuid(), sa.ForeignKey("workers.id"), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("cancelled_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_absences_worker_id", "absences", ["worker_id"])


def _intake_rules() -> None:
    op.create_table(
        "intake_rules",
        sa.Column("team", sa.Uuid(), sa.ForeignKey("teams.id"), primary_key=True),
        sa.Column("partner_kind", sa.String(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("redirect_to", sa.Uuid(), sa.ForeignKey("teams.id")),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _lead_decisions() -> None:
    op.create_table(
        "lead_decisions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("words_sealed", sa.LargeBinary()),
        sa.Column("decided_at", MOMENT, nullable=False),
    )
    op.create_index("ix_lead_decisions_subject_id", "lead_decisions", ["subject_id"])


def downgrade() -> None:
    """Takes away what was added."""
    for column in (
        "stands_as",
        "waits_for_intake",
        "earlier_workers",
        "redirect_reason",
        "source_kind",
    ):
        op.drop_column("waitlist", column)
    op.drop_column("teams", "over_guideline")
    for table in ("lead_decisions", "intake_rules", "absences"):
        op.drop_table(table)
