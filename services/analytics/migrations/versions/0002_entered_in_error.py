"""Whether a referral should never have been sent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; what runs on the table as it was goes on."""
    op.add_column(
        "referral_facts",
        sa.Column(
            "entered_in_error", sa.Boolean(), nullable=False, server_default=sa.text("false")
        ),
    )


def downgrade() -> None:
    """Takes the column away."""
    op.drop_column("referral_facts", "entered_in_error")
