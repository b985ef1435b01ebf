"""Webhook endpoints of partners, and the deliveries to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("partners.id"), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("event_types", JSONB(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_because", sa.String()),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret_sealed", sa.LargeBinary()),
        sa.Column("old_secret_until", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_webhooks_partner_id", "webhooks", ["partner_id"])
    op.execute(sa.schema.CreateSequence(sa.Sequence("webhook_deliveries_seq")))
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "webhook_id",
            sa.Uuid(),
            sa.ForeignKey("webhooks.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("referral_id", sa.Uuid(), sa.ForeignKey("referrals.id", ondelete="CASCADE")),
        sa.Column(
            "seq",
            sa.BigInteger(),
            server_default=sa.text("nextval('webhook_deliveries_seq')"),
            nullable=False,
        ),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_for", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT),
        sa.Column("shown_status", sa.String()),
        sa.Column("shown_business_status", sa.String()),
        sa.Column("response_status", sa.Integer()),
        sa.Column("outcome", sa.String()),
        sa.Column("trace", JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
    )
    table = "webhook_deliveries"
    pending = sa.text("state = 'pending'")
    op.create_index("webhook_deliveries_due", table, ["due_at"], postgresql_where=pending)
    op.create_index("webhook_deliveries_log", table, ["webhook_id", "id"])
    op.create_index("webhook_deliveries_order", table, ["webhook_id", "referral_id", "seq"])
    op.create_index("webhook_deliveries_of_referral", table, ["referral_id"])


def downgrade() -> None:
    """Takes the tables away."""
    op.drop_table("webhook_deliveries")
    op.execute(sa.schema.DropSequence(sa.Sequence("webhook_deliveries_seq")))
    op.drop_table("webhooks")
