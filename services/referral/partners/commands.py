"""Registering and changing partners."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

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
    values = body.model_dump(mode="json")
    async with session.begin():
        if expected is None:
            partner = await _register(session, partner_id, values)
        else:
            partner = await _change(session, partner_id, values, expected)
        await audit.record(
            session, caller, audit.Entry("partner.put", "partner", subject_id=partner_id)
        )
    return partner, expected is None


async def _register(session: AsyncSession, partner_id: UUID, values: dict[str, Any]) -> Partner:
    """A new partner; of several who register it at once one does."""
    made = await session.execute(
        insert(Partner)
        .values(id=partner_id, version=1, **values)
        .on_conflict_do_nothing(index_elements=[col(Partner.id)])
        .returning(col(Partner.id))
    )
    if made.first() is None:
        raise Problem(PRECONDITION_REQUIRED)
    return await session.get_one(Partner, partner_id)


async def _change(
    session: AsyncSession, partner_id: UUID, values: dict[str, Any], expected: int
) -> Partner:
    partner = await session.get(Partner, partner_id, with_for_update={"key_share": True})
    if partner is None or partner.version != expected:
        raise Problem(PRECONDITION_FAILED)
    for name, value in values.items():
        setattr(partner, name, value)
    partner.version += 1
    return partner
