"""Looking partners up."""

from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.partners import rules
from services.referral.partners.schemas import PartnerView
from services.referral.tables import Partner
from shared.auth import Caller
from shared.contracts.codes import PartnerKind
from shared.jsontext import text_of
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_A_PARTNER, NOT_FOUND, PARTNER_SUSPENDED, Problem
from shared.statements import Reading

_BY_ID = Reading(Partner, select(Partner).where(col(Partner.id) == bindparam("id")))
_BY_CLIENT = Reading(
    Partner,
    select(Partner)
    .where(col(Partner.client_ids).contains(bindparam("clients", type_=JSONB())))
    .limit(2),
)


async def partner_of(session: AsyncSession, caller: Caller) -> Partner:
    """The partner a token speaks for: the one its `org` names, if that partner named the token's
    client or no client at all; without `org`, the only one that named the client. To be read.

    Raises `not_a_partner` or `partner_suspended` (403).
    """
    partner = await _named_by(session, caller)
    if partner is None or not rules.may_speak(partner.client_ids, caller.client_id):
        raise Problem(NOT_A_PARTNER)
    if partner.suspended:
        raise Problem(PARTNER_SUSPENDED)
    return partner


async def _named_by(session: AsyncSession, caller: Caller) -> Partner | None:
    if caller.org is None:
        found = await _BY_CLIENT(session, clients=text_of([caller.client_id]))
        return found[0] if len(found) == 1 else None
    try:
        partner_id = UUID(caller.org)
    except ValueError:
        return None
    found = await _BY_ID(session, id=partner_id)
    return found[0] if found else None


async def list_partners(
    session: AsyncSession, *, limit: int, cursor: str | None
) -> Page[PartnerView]:
    """A page of the partners in the order of their ids."""
    query = select(Partner).order_by(col(Partner.id)).limit(limit + 1)
    behind = decode_cursor(cursor)
    if behind is not None:
        query = query.where(col(Partner.id) > behind)
    rows = (await session.scalars(query)).all()
    return page_of(rows, limit, lambda row: row.id, view)


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
        client_ids=partner.client_ids,
        suspended=partner.suspended,
        authority=rules.is_authority(kind),
    )
