"""Cooperation agreements in versions, the OAuth clients of a partner, why one is redirected."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the table and adds the columns; code of before may still write."""
    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("partners.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("team", sa.Uuid(), nullable=False),
        sa.Column("target_groups", JSONB(), nullable=False),
        sa.Column("channels", JSONB(), nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("max_referrals_per_week", sa.Integer()),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.UniqueConstraint("partner_id", "version"),
    )
    op.add_column(
        "partners",
        sa.Column("client_ids", JSONB(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column("referrals", sa.Column("redirect_reason", sa.String()))
    op.create_index("referrals_received", "referrals", ["partner_id", "received_at"])


def downgrade() -> None:
    """Takes them away again."""
    op.drop_index("referrals_received", "referrals")
    op.drop_column("referrals", "redirect_reason")
    op.drop_column("partners", "client_ids")
    op.drop_table("agreements")
