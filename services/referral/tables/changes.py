"""What senders changed of their referrals after sending them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.tables.base import Base
from shared.tables import Moment


class ReferralChange(Base, table=True):
    """One act of the sender. `content_sealed` holds its words: what an amendment replaced and by
    what, or the text beside a reason."""

    __tablename__ = "referral_changes"

    id: UUID = Field(primary_key=True)
    referral_id: UUID = Field(foreign_key="referrals.id", index=True)
    action: str
    fields: list[str] = Field(sa_type=JSONB)
    reason: str | None = None
    content_sealed: bytes
    changed_at: datetime = Field(sa_type=Moment)
