"""Gathering what a caller may know of itself. It tells no more of any person than the disclosure
view does: to a landlord all that it sent is open for ever."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.agreements.queries import latest_begun, terms_of, used_in_week
from services.referral.agreements.rules import is_in_force
from services.referral.following.queries import shown_as
from services.referral.me.schemas import AgreementInForce, Me, PartnerOfCaller, Rate
from services.referral.partners.queries import partner_of
from services.referral.partners.rules import is_authority
from services.referral.tables import Partner, Referral
from shared.auth import Caller
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.contracts.codes import PartnerKind, ReferralStatus
from shared.web.rate import Allowance

_OPEN = (
    ReferralStatus.REQUESTED,
    ReferralStatus.ACCEPTED,
    ReferralStatus.IN_PROGRESS,
    ReferralStatus.ON_HOLD,
)


async def read_me(session: AsyncSession, caller: Caller, rate: Allowance) -> Me:
    """What the caller is. Raises `not_a_partner` or `partner_suspended`."""
    async with session.begin():
        partner = await partner_of(session, caller)
        kind = PartnerKind(partner.kind)
        return Me(
            client_id=caller.client_id,
            scopes=sorted(caller.scopes),
            partner=PartnerOfCaller(
                id=partner.id, name=partner.name, kind=kind, authority=is_authority(kind)
            ),
            agreement=await _agreement(session, partner, utc_now()),
            rate=Rate(
                limit=rate.limit, window_seconds=rate.window_seconds, remaining=rate.remaining
            ),
            open_referrals=await _open_referrals(session, partner),
        )


async def _agreement(
    session: AsyncSession, partner: Partner, now: datetime
) -> AgreementInForce | None:
    day = now.astimezone(FINLAND).date()
    agreement = await latest_begun(session, partner.id, day)
    if agreement is None or not is_in_force(agreement.valid_from, agreement.valid_to, day):
        return None
    return AgreementInForce(
        **terms_of(agreement).model_dump(),
        version=agreement.version,
        used_this_week=await used_in_week(session, partner.id, now),
    )


async def _open_referrals(session: AsyncSession, partner: Partner) -> int:
    is_open = await shown_as(session, partner, *_OPEN)
    count: int | None = await session.scalar(
        select(func.count()).where(col(Referral.partner_id) == partner.id, is_open)
    )
    return count or 0
