"""Looking partners up."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.partners.rules import is_authority
from services.referral.partners.schemas import PartnerView
from services.referral.tables import Partner
from shared.auth import Caller
from shared.contracts.codes import PartnerKind
from shared.problems import NOT_A_PARTNER, NOT_FOUND, PARTNER_SUSPENDED, Problem


async def partner_of(session: AsyncSession, caller: Caller) -> Partner:
    """The partner a token speaks for. Raises `not_a_partner` or `partner_suspended` (403)."""
    try:
        partner = await session.get(Partner, UUID(caller.org or ""))
    except ValueError:
        partner = None
    if partner is None:
        raise Problem(NOT_A_PARTNER)
    if partner.suspended:
        raise Problem(PARTNER_SUSPENDED)
    return partner


async def get_partner(session: AsyncSession, partner_id: UUID) -> Partner:
    """The partner. Raises `not_found`."""
    partner = await session.get(Partner, partner_id)
    if partner is None:
        raise Problem(NOT_FOUND)
    return partner


def view(partner: Partner) -> PartnerView:
    """The partner as an administrator sees it."""
    kind = PartnerKind(partner.kind)
    return PartnerView(
        id=partner.id,
        name=partner.name,
        kind=kind,
        business_id=partner.business_id,
        oid=partner.oid,
        municipalities=partner.municipalities,
        suspended=partner.suspended,
        authority=is_authority(kind),
    )
