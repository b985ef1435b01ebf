"""A queue beside the outbox."""

from shared.migrations import platform_v4, platform_v4_undone

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lines up what is to be sent."""
    platform_v4()


def downgrade() -> None:
    """Marks it in the outbox."""
    platform_v4_undone()
