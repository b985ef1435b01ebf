"""What becomes of messages that could not be applied."""

from shared.migrations import platform_v3, platform_v3_undone

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keeps it."""
    platform_v3()


def downgrade() -> None:
    """Keeps it no more."""
    platform_v3_undone()
