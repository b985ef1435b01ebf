"""When a referral's sender took it back."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; what runs on the tables as they were goes on."""
    op.add_column("case_referrals", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Takes the column away."""
    op.drop_column("case_referrals", "withdrawn_at")
