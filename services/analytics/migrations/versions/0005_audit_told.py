"""The audit log is told to the disclosure log."""

from shared.migrations import platform_v2, platform_v2_undone

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lets the rows be told."""
    platform_v2()


def downgrade() -> None:
    """Lets them be told no more."""
    platform_v2_undone()
