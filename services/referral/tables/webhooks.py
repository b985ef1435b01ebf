"""Partners' webhook endpoints, and what was, or is to be, sent to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Sequence, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.tables.base import Base
from shared.tables import Moment

DELIVERY_SEQUENCE = Sequence("webhook_deliveries_seq", metadata=Base.metadata)


class Webhook(Base, table=True):
    """An address of a partner's that is told of changes. Its secrets are encrypted; the old one
    signs too until `old_secret_until`."""

    __tablename__ = "webhooks"

    id: UUID = Field(primary_key=True)
    partner_id: UUID = Field(foreign_key="partners.id", index=True)
    url: str
    event_types: list[str] = Field(sa_type=JSONB)
    enabled: bool = True
    disabled_because: str | None = None
    secret_sealed: bytes
    old_secret_sealed: bytes | None = None
    old_secret_until: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1
    created_at: datetime = Field(sa_type=Moment)


class WebhookDelivery(Base, table=True):
    """One message to one endpoint; `id` is its webhook-id, the same at every try.

    `seq` is the order within one referral. `leased_until` says that a sender has it in hand.
    `shown_*` is what the last try told; the message itself is never stored.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("webhook_deliveries_due", "due_at", postgresql_where=text("state = 'pending'")),
        Index("webhook_deliveries_log", "webhook_id", "id"),
        Index("webhook_deliveries_order", "webhook_id", "referral_id", "seq"),
        Index("webhook_deliveries_of_referral", "referral_id"),
    )

    id: UUID = Field(primary_key=True)
    webhook_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False)
    )
    referral_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("referrals.id", ondelete="CASCADE"))
    )
    seq: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger,
            DELIVERY_SEQUENCE,
            server_default=DELIVERY_SEQUENCE.next_value(),
            nullable=False,
        ),
    )
    event_type: str
    state: str
    asked_for: bool = False
    attempts: int = 0
    due_at: datetime = Field(sa_type=Moment)
    leased_until: datetime | None = Field(default=None, sa_type=Moment)
    shown_status: str | None = None
    shown_business_status: str | None = None
    response_status: int | None = None
    outcome: str | None = None
    trace: dict[str, str] = Field(sa_type=JSONB)
    created_at: datetime = Field(sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
