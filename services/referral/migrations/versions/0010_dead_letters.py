"""What becomes of messages that could not be applied; words that clients took back, so that one of
those messages cannot bring them back when it is replayed."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import platform_v3, platform_v3_undone

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keeps both."""
    platform_v3()
    op.create_table("words_taken_back", sa.Column("id", sa.Uuid, primary_key=True))


def downgrade() -> None:
    """Keeps neither."""
    op.drop_table("words_taken_back")
    platform_v3_undone()
