"""Which share of the visits is to be mobile, by year."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table of people's targets."""
    op.create_table(
        "mobile_targets",
        sa.Column("year", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    """Takes it away."""
    op.drop_table("mobile_targets")
