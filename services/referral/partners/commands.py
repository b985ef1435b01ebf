"""Registering and changing partners."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.partners.schemas import PartnerBody
from services.referral.tables import Partner
from shared import audit
from shared.auth import Caller
from shared.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Problem


async def put_partner(
    session: AsyncSession,
    caller: Caller,
    partner_id: UUID,
    body: PartnerBody,
    expected: int | None,
) -> tuple[Partner, bool]:
    """Registers a partner, or changes it when `expected` is its present version.

    Returns the partner and whether it is new. Raises `precondition_required` when it exists and
    no version was given, `precondition_failed` when the version is another.
    """
    async with session.begin():
        partner = await session.get(Partner, partner_id, with_for_update=True)
        created = partner is None
        if partner is None:
            if expected is not None:
                raise Problem(PRECONDITION_FAILED)
            partner = Partner(id=partner_id, **body.model_dump(mode="json"))
        else:
            _change(partner, body, expected)
        session.add(partner)
        await audit.record(
            session, caller, audit.Entry("partner.put", "partner", subject_id=partner_id)
        )
    return partner, created


def _change(partner: Partner, body: PartnerBody, expected: int | None) -> None:
    if expected is None:
        raise Problem(PRECONDITION_REQUIRED)
    if expected != partner.version:
        raise Problem(PRECONDITION_FAILED)
    for name, value in body.model_dump(mode="json").items():
        setattr(partner, name, value)
    partner.version += 1
