"""Look-up hashes of persons, possible matches, links, and what senders changed later.

Nobody's hashes are filled in here: they are made of the sealed identity with the service's keys,
which migrations do not have. No release knew persons without them. Who was registered by an earlier
build is found by identity code as before, and by the rest from the next referral on that tells of
them by that code.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CLIENT = "clients.client_ref"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "client_keys",
        sa.Column("client_ref", sa.Uuid(), sa.ForeignKey(CLIENT), primary_key=True),
        sa.Column("purpose", sa.String(), primary_key=True),
        sa.Column("hash", sa.LargeBinary(), primary_key=True),
    )
    op.create_index("ix_client_keys_hash", "client_keys", ["hash"])
    _possible_matches()
    op.create_table(
        "client_links",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("linked_ref", sa.Uuid(), sa.ForeignKey(CLIENT), nullable=False, unique=True),
        sa.Column("primary_ref", sa.Uuid(), sa.ForeignKey(CLIENT), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("code_only", sa.Boolean(), nullable=False),
        sa.Column("settled", JSONB(), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
    )
    op.create_index("ix_client_links_primary_ref", "client_links", ["primary_ref"])
    op.create_table(
        "referral_changes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("referral_id", sa.Uuid(), sa.ForeignKey("referrals.id"), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_index("ix_referral_changes_referral_id", "referral_changes", ["referral_id"])


def _possible_matches() -> None:
    op.create_table(
        "possible_matches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_a", sa.Uuid(), sa.ForeignKey(CLIENT), nullable=False),
        sa.Column("client_b", sa.Uuid(), sa.ForeignKey(CLIENT), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("agree", JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.UniqueConstraint("client_a", "client_b", name="possible_matches_pair"),
    )
    op.create_index("ix_possible_matches_client_b", "possible_matches", ["client_b"])
    op.create_index(
        "possible_matches_open",
        "possible_matches",
        ["id"],
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    """Takes the tables away."""
    for table in ("referral_changes", "client_links", "possible_matches", "client_keys"):
        op.drop_table(table)
