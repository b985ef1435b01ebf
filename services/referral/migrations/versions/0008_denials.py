"""What clients forbid to tell partners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "partner_denials",
        sa.Column("denial_id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("partners", JSONB()),
        sa.Column("facts", JSONB(), nullable=False),
    )
    op.create_index("ix_partner_denials_client_ref", "partner_denials", ["client_ref"])


def downgrade() -> None:
    """Takes it away."""
    op.drop_table("partner_denials")
