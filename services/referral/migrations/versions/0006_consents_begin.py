"""Consents that begin later than they are learned; the newest persons who share a fact are found
however many share it; imports forget the language of their upload."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What has begun by now was told when it was learned."""
    op.add_column(
        "partner_consents",
        sa.Column("begun", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.execute("UPDATE partner_consents SET begun = false WHERE valid_from > now()")
    op.create_index(
        "partner_consents_to_begin",
        "partner_consents",
        ["valid_from"],
        postgresql_where=sa.text("NOT begun"),
    )
    op.create_index("client_keys_newest", "client_keys", ["hash", "client_ref"])
    op.drop_index("ix_client_keys_hash", "client_keys")
    op.drop_column("imports", "language")


def downgrade() -> None:
    """Puts back what the revision before knew."""
    op.add_column(
        "imports", sa.Column("language", sa.String(), nullable=False, server_default="fi")
    )
    op.alter_column("imports", "language", server_default=None)
    op.create_index("ix_client_keys_hash", "client_keys", ["hash"])
    op.drop_index("client_keys_newest", "client_keys")
    op.drop_index("partner_consents_to_begin", "partner_consents")
    op.drop_column("partner_consents", "begun")
