"""Reading referrals through the disclosure view; every row shown is logged in the transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral import wording
from services.referral.clients.groups import groups_of
from services.referral.following import rules
from services.referral.following.rules import Progress, Visible
from services.referral.following.schemas import ReferralView
from services.referral.partners.queries import partner_of
from services.referral.partners.rules import is_authority
from services.referral.tables import Partner, PartnerConsent, Referral
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import (
    BusinessStatus,
    LawfulBasis,
    PartnerFact,
    PartnerKind,
    ReferralStatus,
)
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem

Facts = dict[UUID, frozenset[PartnerFact]]


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; `status` is the status as the partner sees it."""

    status: ReferralStatus | None = None
    since: datetime | None = None
    external_id: str | None = None


async def read_referral(
    session: AsyncSession, caller: Caller, referral_id: UUID, language: str
) -> ReferralView:
    """One referral of the caller's. Another partner's is `not_found`, as is one that is not."""
    async with session.begin():
        partner = await partner_of(session, caller)
        referral = await session.get(Referral, referral_id)
        if referral is None or referral.partner_id != partner.id:
            raise Problem(NOT_FOUND)
        facts = await _facts(session, partner, [referral])
        await audit.record(session, caller, _entry(referral))
        return _view(partner, referral, facts, language)


async def list_referrals(
    session: AsyncSession,
    caller: Caller,
    filters: Filters,
    *,
    limit: int,
    cursor: str | None,
    language: str,
) -> Page[ReferralView]:
    """A page of the caller's referrals, newest first."""
    async with session.begin():
        partner = await partner_of(session, caller)
        conditions = [col(Referral.partner_id) == partner.id, *_conditions(partner, filters)]
        behind = decode_cursor(cursor)
        if behind is not None:
            conditions.append(col(Referral.id) < behind)
        rows = (
            await session.scalars(
                select(Referral)
                .where(*conditions)
                .order_by(col(Referral.id).desc())
                .limit(limit + 1)
            )
        ).all()
        facts = await _facts(session, partner, rows)
        await audit.record(session, caller, *[_entry(row) for row in rows[:limit]])
        return page_of(
            rows, limit, lambda row: row.id, lambda row: _view(partner, row, facts, language)
        )


def _conditions(partner: Partner, filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.status is not None:
        conditions.append(shown_as(PartnerKind(partner.kind), filters.status))
    if filters.since is not None:
        conditions.append(col(Referral.received_at) >= filters.since)
    if filters.external_id is not None:
        conditions.append(col(Referral.external_id) == filters.external_id)
    return conditions


def shown_as(kind: PartnerKind, *shown: ReferralStatus) -> ColumnElement[bool]:
    """Rows whose status looks like one of `shown` to this partner: a filter or a count must tell
    no more than the view does."""
    return or_(
        *(
            and_(
                col(Referral.lawful_basis) == basis,
                col(Referral.status).in_(
                    inner
                    for outer in shown
                    for inner in rules.statuses_shown_as(rules.view_class(kind, basis), outer)
                ),
            )
            for basis in LawfulBasis
        )
    )


async def _facts(session: AsyncSession, partner: Partner, referrals: Sequence[Referral]) -> Facts:
    """By client, the facts the client consents to tell this partner now."""
    if not referrals:
        return {}
    now = utc_now()
    groups = await groups_of(session, {row.client_ref for row in referrals})
    rows = await session.scalars(
        select(PartnerConsent).where(
            col(PartnerConsent.partner_id) == partner.id,
            col(PartnerConsent.client_ref).in_(frozenset().union(*groups.values())),
            col(PartnerConsent.valid_from) <= now,
            or_(col(PartnerConsent.valid_to).is_(None), col(PartnerConsent.valid_to) > now),
        )
    )
    facts: Facts = {}
    for row in rows:
        told = frozenset(PartnerFact(fact) for fact in row.facts)
        for client_ref in groups:
            if row.client_ref in groups[client_ref]:
                facts[client_ref] = facts.get(client_ref, frozenset()) | told
    return facts


def _view(partner: Partner, referral: Referral, facts: Facts, language: str) -> ReferralView:
    kind = PartnerKind(partner.kind)
    seen = _visible(partner, referral, facts)
    return ReferralView(
        id=referral.id,
        reference=referral.reference,
        external_id=referral.external_id,
        received_at=referral.received_at,
        status=seen.status,
        business_status=seen.business_status,
        team=seen.team,
        contact_due_at=seen.contact_due_at,
        next_step=wording.next_step(language, authority=is_authority(kind)),
    )


def _visible(partner: Partner, referral: Referral, facts: Facts) -> Visible:
    return rules.visible(
        rules.view_class(PartnerKind(partner.kind), LawfulBasis(referral.lawful_basis)),
        progress_of(referral),
        facts.get(referral.client_ref, frozenset()),
    )


async def seen_by(
    session: AsyncSession, partner: Partner, referrals: Sequence[Referral]
) -> dict[UUID, Visible]:
    """By id, what the partner may see now of referrals it sent; who tells it logs it."""
    facts = await _facts(session, partner, referrals)
    return {referral.id: _visible(partner, referral, facts) for referral in referrals}


async def view_of(
    session: AsyncSession, partner: Partner, referral: Referral, language: str
) -> ReferralView:
    """A referral of the partner's as it may see it now; the caller logs it."""
    return _view(partner, referral, await _facts(session, partner, [referral]), language)


def etag_of(view: ReferralView) -> str:
    """Made of what is shown, not of the inner version, which would tell that work goes on."""
    digest = hashlib.sha256(view.model_dump_json(exclude={"next_step"}).encode()).hexdigest()
    return f'"{digest[:16]}"'


def progress_of(referral: Referral) -> Progress:
    """Where the work of a stored referral stands."""
    business_status = referral.business_status
    return Progress(
        status=ReferralStatus(referral.status),
        business_status=BusinessStatus(business_status) if business_status else None,
        team=referral.team,
        contact_due_at=referral.contact_due_at,
        contacted=referral.contacted_at is not None,
        ended=referral.ended_at is not None,
    )


def _entry(referral: Referral) -> audit.Entry:
    return audit.Entry(
        "referral.read",
        "referral",
        subject_id=referral.id,
        client_ref=referral.client_ref,
        purpose="coordination",
        basis=referral.lawful_basis,
    )
