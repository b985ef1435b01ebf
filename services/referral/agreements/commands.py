"""Making a new version of an agreement, and weighing a referral against the one in force."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.agreements import queries, rules
from services.referral.agreements.schemas import AgreementBody
from services.referral.tables import Agreement, Partner
from shared import audit
from shared.auth import Caller
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.contracts.codes import RedirectReason
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem

_LOCK_QUOTA = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


@dataclass(frozen=True)
class NewVersion:
    """One request to make a version: who asks for which partner, and what was agreed on."""

    caller: Caller
    partner_id: UUID
    body: AgreementBody
    idempotency_key: str | None


@dataclass(frozen=True)
class Subject:
    """What an agreement asks of a referral: whom it is about, and why."""

    age_group: str
    reasons: Set[str]


@dataclass(frozen=True)
class Standing:
    """How a referral stands under its partner's agreement; all None when there was never one."""

    redirect_reason: RedirectReason | None = None
    version: int | None = None
    team: UUID | None = None


async def make_version(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, new: NewVersion
) -> Answer:
    """Makes the next version of the partner's agreement and ends those before it.

    The answer leaves the contact person out, since answers are kept in the clear. Raises
    `not_found` for an unknown partner, and the problems of idempotency.
    """
    request = request_key(
        index,
        caller=new.caller.client_id,
        key=new.idempotency_key,
        operation=f"POST /v1/partners/{new.partner_id}/agreements",
        body=new.body.model_dump(mode="json"),
    )

    async def work() -> Answer:
        await _lock_partner(session, new.partner_id)
        agreement = await _next_version(session, cipher, new)
        await _end_earlier(session, agreement)
        session.add(agreement)
        entry = audit.Entry("agreement.make", "agreement", subject_id=agreement.id)
        await audit.record(session, new.caller, entry)
        return _answer(agreement)

    async with session.begin():
        return await once(session, request, work)


async def weigh_referrals(
    session: AsyncSession, partner_id: UUID, subjects: Sequence[Subject], now: datetime
) -> list[Standing]:
    """What the agreement makes of referrals that come now, in this order, in the caller's
    transaction.

    Under a quota the partner's referrals pass one by one from here to their commits, so that the
    count is right; the others do not wait. Call it after the row locks of the persons.
    """
    day = now.astimezone(FINLAND).date()
    agreement = await queries.latest_begun(session, partner_id, day)
    if agreement is None:
        return [Standing()] * len(subjects)
    in_force = rules.is_in_force(agreement.valid_from, agreement.valid_to, day)
    groups = frozenset(agreement.target_groups)
    covered = [rules.covers(groups, subject.age_group, subject.reasons) for subject in subjects]
    quota = agreement.max_referrals_per_week
    used = 0
    if in_force and any(covered) and quota is not None:
        await session.execute(_LOCK_QUOTA, {"name": f"quota/{partner_id}"})
        used = await queries.used_in_week(session, partner_id, now)
    known = (agreement.version, agreement.team) if in_force else (None, None)
    standings = []
    for is_covered in covered:
        reason = rules.redirect_reason(
            in_force=in_force, covered=is_covered, quota=quota, used=used
        )
        used += reason is None
        standings.append(Standing(reason, *known))
    return standings


async def _lock_partner(session: AsyncSession, partner_id: UUID) -> None:
    """Versions of one partner are made one after the other; referrals need not wait for it."""
    locked = await session.scalar(
        select(col(Partner.id)).where(col(Partner.id) == partner_id).with_for_update(key_share=True)
    )
    if locked is None:
        raise Problem(NOT_FOUND)


async def _next_version(session: AsyncSession, cipher: FieldCipher, new: NewVersion) -> Agreement:
    newest = await session.scalar(
        select(func.max(col(Agreement.version))).where(col(Agreement.partner_id) == new.partner_id)
    )
    agreement_id = new_id()
    contact = new.body.contact_person.model_dump(mode="json", exclude_none=True)
    return Agreement(
        id=agreement_id,
        partner_id=new.partner_id,
        version=(newest or 0) + 1,
        **new.body.model_dump(exclude={"contact_person"}),
        contact_sealed=cipher.encrypt_json(contact, queries.contact_context(agreement_id)),
        made_at=utc_now(),
    )


async def _end_earlier(session: AsyncSession, agreement: Agreement) -> None:
    begins = agreement.valid_from
    earlier = await session.scalars(
        select(Agreement).where(col(Agreement.partner_id) == agreement.partner_id)
    )
    for version in earlier:
        version.valid_to = rules.last_day(version.valid_to, begins)


def _answer(agreement: Agreement) -> Answer:
    body: dict[str, Any] = queries.terms_of(agreement).model_dump(mode="json") | {
        "partner": str(agreement.partner_id),
        "version": agreement.version,
        "made_at": agreement.made_at.isoformat().replace("+00:00", "Z"),
    }
    location = f"/v1/partners/{agreement.partner_id}/agreements/{agreement.version}"
    return Answer(201, body, {"Location": location})
