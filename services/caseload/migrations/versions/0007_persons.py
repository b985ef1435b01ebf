"""Which pseudonyms are one person, whose cases are looked for, and what an unlink gives back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table; adds the columns, and what runs on the tables as they were goes on."""
    op.create_table(
        "client_aliases",
        sa.Column("linked_ref", sa.Uuid(), primary_key=True),
        sa.Column("primary_ref", sa.Uuid(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_client_aliases_primary_ref", "client_aliases", ["primary_ref"])
    op.create_table(
        "named_referrals",
        sa.Column("referral_id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
    )
    op.create_index("cases_of_client", "cases", ["client_ref", "id"])
    op.add_column("case_referrals", sa.Column("told_under", sa.Uuid()))
    op.add_column("case_referrals", sa.Column("told", JSONB()))
    op.add_column("case_lives", sa.Column("consent_answered_under", sa.Uuid()))


def downgrade() -> None:
    """Takes them away."""
    op.drop_column("case_lives", "consent_answered_under")
    op.drop_column("case_referrals", "told")
    op.drop_column("case_referrals", "told_under")
    op.drop_index("cases_of_client", "cases")
    op.drop_table("named_referrals")
    op.drop_table("client_aliases")
