"""Which pseudonyms are one person, and whose a case turned out to be."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table; adds the column, and what runs on the table as it was goes on."""
    op.create_table(
        "client_aliases",
        sa.Column("linked_ref", sa.Uuid(), primary_key=True),
        sa.Column("primary_ref", sa.Uuid(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_client_aliases_primary_ref", "client_aliases", ["primary_ref"])
    op.add_column(
        "case_facts",
        sa.Column("client_version", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )


def downgrade() -> None:
    """Takes them away."""
    op.drop_column("case_facts", "client_version")
    op.drop_table("client_aliases")
