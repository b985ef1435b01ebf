"""Reading referrals through the disclosure view; every row shown is logged in the transaction."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral import wording
from services.referral.following import rules
from services.referral.following.rules import Progress, Visible
from services.referral.following.schemas import ReferralView
from services.referral.following.words import SILENT, Words, refs_who_deny, words_of
from services.referral.partners.queries import partner_of
from services.referral.partners.rules import is_authority
from services.referral.tables import Partner, Referral
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import (
    BusinessStatus,
    LawfulBasis,
    PartnerKind,
    ReferralStatus,
)
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


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
        # Another's is not even read: that took longer than to find nothing, and so told of it.
        referral = await session.scalar(
            select(Referral).where(
                col(Referral.id) == referral_id, col(Referral.partner_id) == partner.id
            )
        )
        if referral is None:
            raise Problem(NOT_FOUND)
        words = await _words(session, partner, [referral])
        await audit.record(session, caller, entry(referral))
        return _view(partner, referral, words, language)


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
        conditions = [
            col(Referral.partner_id) == partner.id,
            *await _conditions(session, partner, filters),
        ]
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
        words = await _words(session, partner, rows)
        await audit.record(session, caller, *[entry(row) for row in rows[:limit]])
        return page_of(
            rows, limit, lambda row: row.id, lambda row: _view(partner, row, words, language)
        )


async def _conditions(
    session: AsyncSession, partner: Partner, filters: Filters
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.status is not None:
        conditions.append(await shown_as(session, partner, filters.status))
    if filters.since is not None:
        conditions.append(col(Referral.received_at) >= filters.since)
    if filters.external_id is not None:
        conditions.append(col(Referral.external_id) == filters.external_id)
    return conditions


async def shown_as(
    session: AsyncSession, partner: Partner, *shown: ReferralStatus
) -> ColumnElement[bool]:
    """Rows whose status looks like one of `shown` to this partner: a filter or a count must tell
    no more than the view does."""
    kind = PartnerKind(partner.kind)
    denying = await refs_who_deny(session, partner) if is_authority(kind) else frozenset()
    theirs = col(Referral.client_ref).in_(denying)
    return or_(
        and_(~theirs, _looks_like(kind, shown, denied=False)),
        and_(theirs, _looks_like(kind, shown, denied=True)),
    )


def _looks_like(
    kind: PartnerKind, shown: Collection[ReferralStatus], *, denied: bool
) -> ColumnElement[bool]:
    return or_(
        *(
            and_(
                col(Referral.lawful_basis) == basis,
                col(Referral.status).in_(
                    inner
                    for outer in shown
                    for inner in rules.statuses_shown_as(
                        rules.view_class(kind, basis, denied=denied), outer
                    )
                ),
            )
            for basis in LawfulBasis
        )
    )


async def _words(
    session: AsyncSession,
    partner: Partner,
    referrals: Sequence[Referral],
    at: datetime | None = None,
) -> Words:
    refs = {row.client_ref for row in referrals}
    return await words_of(session, partner, refs, at or utc_now())


def _view(partner: Partner, referral: Referral, words: Words, language: str) -> ReferralView:
    kind = PartnerKind(partner.kind)
    seen = _visible(partner, referral, words)
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


def _visible(partner: Partner, referral: Referral, words: Words) -> Visible:
    word = words.get(referral.client_ref, SILENT)
    kind, basis = PartnerKind(partner.kind), LawfulBasis(referral.lawful_basis)
    view = rules.view_class(kind, basis, denied=word.denied)
    return rules.visible(view, progress_of(referral), word.facts)


async def seen_by(
    session: AsyncSession,
    partner: Partner,
    referrals: Sequence[Referral],
    *,
    consents_at: datetime | None = None,
) -> dict[UUID, Visible]:
    """By id, what the partner may see of referrals it sent, by the consents of now or of another
    moment; who tells it logs it."""
    words = await _words(session, partner, referrals, consents_at)
    return {referral.id: _visible(partner, referral, words) for referral in referrals}


async def view_of(
    session: AsyncSession, partner: Partner, referral: Referral, language: str
) -> ReferralView:
    """A referral of the partner's as it may see it now; the caller logs it."""
    return _view(partner, referral, await _words(session, partner, [referral]), language)


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


def entry(referral: Referral) -> audit.Entry:
    """The audit row of a look at a referral."""
    return audit.Entry(
        "referral.read",
        "referral",
        subject_id=referral.id,
        client_ref=referral.client_ref,
        purpose="coordination",
        basis=referral.lawful_basis,
    )
