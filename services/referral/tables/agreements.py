"""The cooperation agreements of partners, every version kept."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.tables.base import Base
from shared.tables import Moment


class Agreement(Base, table=True):
    """A version of what a partner and a team agreed on. `contact_sealed` holds whom to call.

    `valid_to` before `valid_from`: a later version took over before this one began.
    """

    __tablename__ = "agreements"
    __table_args__ = (UniqueConstraint("partner_id", "version"),)

    id: UUID = Field(primary_key=True)
    partner_id: UUID = Field(foreign_key="partners.id")
    version: int
    team: UUID
    target_groups: list[str] = Field(sa_type=JSONB)
    channels: list[str] = Field(sa_type=JSONB)
    contact_sealed: bytes
    valid_from: date
    valid_to: date | None = None
    max_referrals_per_week: int | None = None
    made_at: datetime = Field(sa_type=Moment)
