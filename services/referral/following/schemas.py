"""A referral as its sender may see it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.contracts.codes import BusinessStatus, ReferralStatus


class ReferralView(BaseModel):
    """What a partner may know of a referral it sent; null is also "not for you to know"."""

    id: UUID
    reference: str
    external_id: str | None
    received_at: datetime
    status: ReferralStatus
    business_status: BusinessStatus | None
    team: UUID | None
    contact_due_at: datetime | None
    next_step: str
