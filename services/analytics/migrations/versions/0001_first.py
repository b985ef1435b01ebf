"""Referral facts and case facts, on the platform's tables."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import platform_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ZERO = sa.text("0")
FALSE = sa.text("false")


def upgrade() -> None:
    """Makes the tables."""
    platform_v1()
    _referral_facts()
    _case_facts()


def _referral_facts() -> None:
    op.create_table(
        "referral_facts",
        sa.Column("referral_id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("source_kind", sa.String()),
        sa.Column("municipality", sa.String()),
        sa.Column("county", sa.String()),
        sa.Column("urgency", sa.String()),
        sa.Column("received_at", MOMENT),
        sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=FALSE),
        sa.Column("version", sa.Integer(), nullable=False, server_default=ZERO),
        sa.Column("was_accepted", sa.Boolean(), nullable=False, server_default=FALSE),
        sa.Column("was_redirected", sa.Boolean(), nullable=False, server_default=FALSE),
        sa.Column("was_waitlisted", sa.Boolean(), nullable=False, server_default=FALSE),
        sa.Column("outcome", sa.String(), nullable=False, server_default="requested"),
        sa.Column("team", sa.Uuid()),
        sa.Column("case_id", sa.Uuid()),
        sa.Column("outcome_at", MOMENT),
        sa.Column("outcome_version", sa.Integer(), nullable=False, server_default=ZERO),
    )
    op.create_index("ix_referral_facts_received_at", "referral_facts", ["received_at"])


def _case_facts() -> None:
    op.create_table(
        "case_facts",
        sa.Column("case_id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Uuid()),
        sa.Column("county", sa.String()),
        sa.Column("municipality", sa.String()),
        sa.Column("opened_at", MOMENT),
        sa.Column("opened_version", sa.Integer(), nullable=False, server_default=ZERO),
        sa.Column("closed_at", MOMENT),
        sa.Column("closing_reason", sa.String()),
        sa.Column("alternative_service", sa.String()),
        sa.Column("closed_version", sa.Integer(), nullable=False, server_default=ZERO),
    )
    op.create_index("ix_case_facts_client_ref", "case_facts", ["client_ref"])
    op.create_index("ix_case_facts_opened_at", "case_facts", ["opened_at"])


def downgrade() -> None:
    """Takes the service's own tables away; the platform's go with the database."""
    for table in ("case_facts", "referral_facts"):
        op.drop_table(table)
