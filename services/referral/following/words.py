"""What clients say that a partner may be told: their consents, less their denials."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients.groups import groups_of
from services.referral.tables import Partner, PartnerConsent, PartnerDenial
from shared.contracts.codes import PartnerFact


@dataclass(frozen=True)
class Word:
    """Of one client: the facts the partner may be told, and whether any telling is forbidden."""

    facts: frozenset[PartnerFact] = frozenset()
    denied: bool = False


Words = Mapping[UUID, Word]
SILENT = Word()


async def words_of(
    session: AsyncSession, partner: Partner, client_refs: Collection[UUID], at: datetime
) -> Words:
    """By client, what they say of this partner: by the consents of that moment, and the denials of
    now, under whichever of their refs."""
    if not client_refs:
        return {}
    groups = await groups_of(session, client_refs)
    everybody = frozenset[UUID]().union(*groups.values())
    consented = await _consented(session, partner, everybody, at)
    denied = await _denied(session, partner, everybody)
    return {ref: _word(groups[ref], consented, denied) for ref in groups}


async def refs_who_deny(session: AsyncSession, partner: Partner) -> frozenset[UUID]:
    """All refs of all clients who forbid to tell this partner."""
    refs = (await session.scalars(select(col(PartnerDenial.client_ref)).where(_of(partner)))).all()
    groups = await groups_of(session, set(refs))
    return frozenset[UUID]().union(*groups.values())


def _word(
    refs: Iterable[UUID],
    consented: Mapping[UUID, set[PartnerFact]],
    denied: Mapping[UUID, set[PartnerFact]],
) -> Word:
    allowed: set[PartnerFact] = set()
    forbidden: set[PartnerFact] = set()
    for ref in refs:
        allowed |= consented.get(ref, set())
        forbidden |= denied.get(ref, set())
    return Word(frozenset(allowed - forbidden), bool(forbidden))


async def _consented(
    session: AsyncSession, partner: Partner, refs: Collection[UUID], at: datetime
) -> dict[UUID, set[PartnerFact]]:
    rows = await session.scalars(
        select(PartnerConsent).where(
            col(PartnerConsent.partner_id) == partner.id,
            col(PartnerConsent.client_ref).in_(refs),
            col(PartnerConsent.valid_from) <= at,
            or_(col(PartnerConsent.valid_to).is_(None), col(PartnerConsent.valid_to) > at),
        )
    )
    found: dict[UUID, set[PartnerFact]] = {}
    for row in rows:
        found.setdefault(row.client_ref, set()).update(PartnerFact(fact) for fact in row.facts)
    return found


async def _denied(
    session: AsyncSession, partner: Partner, refs: Collection[UUID]
) -> dict[UUID, set[PartnerFact]]:
    rows = await session.scalars(
        select(PartnerDenial).where(col(PartnerDenial.client_ref).in_(refs), _of(partner))
    )
    found: dict[UUID, set[PartnerFact]] = {}
    for row in rows:
        found.setdefault(row.client_ref, set()).update(PartnerFact(fact) for fact in row.facts)
    return found


def _of(partner: Partner) -> ColumnElement[bool]:
    partners = col(PartnerDenial.partners)
    return or_(partners.is_(None), partners.contains([str(partner.id)]))
