"""Which pseudonyms are one person."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "client_aliases",
        sa.Column("linked_ref", sa.Uuid(), primary_key=True),
        sa.Column("primary_ref", sa.Uuid(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_client_aliases_primary_ref", "client_aliases", ["primary_ref"])


def downgrade() -> None:
    """Takes it away."""
    op.drop_table("client_aliases")
