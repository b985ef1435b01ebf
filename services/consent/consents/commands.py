"""Giving and taking back a consent: the row, its audit row and its event in one transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.consents import queries, rules
from services.consent.consents.rules import Action, Flaw, Status
from services.consent.consents.schemas import ConsentBody
from services.consent.documents.copies import lock_person
from services.consent.documents.withdrawing import withdraw_denied
from services.consent.fields import check_recorder
from services.consent.tables import Consent
from shared import audit, outbox, telemetry, web
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import ConsentDirection, PartnerFact
from shared.contracts.consent import ConsentGiven, ConsentRevoked
from shared.crypto import BlindIndex
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.problems import (
    CONSENT_OVERLAPS,
    ILLEGAL_TRANSITION,
    NOT_FOUND,
    PRECONDITION_FAILED,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)

_TOLD_AS = {
    Flaw.PARTNER_MISSING: ("/partner", "to_partner needs the partner"),
    Flaw.FACTS_MISSING: ("/facts", "to_partner needs at least one fact"),
    Flaw.PARTNER_NOT_TAKEN: ("/partner", "only to_partner takes a partner"),
    Flaw.FACTS_NOT_TAKEN: ("/facts", "only to_partner takes facts"),
    Flaw.TARGETS_NOT_TAKEN: ("/scope", 'to_partner is narrowed by its facts: send "general"'),
    Flaw.BACKDATED: ("/valid_from", "at most 30 days before it is recorded"),
    Flaw.PERIOD_EMPTY: ("/valid_to", "must be after valid_from"),
}


@dataclass(frozen=True)
class Giving:
    """One request to record a consent."""

    caller: Caller
    body: ConsentBody
    idempotency_key: str | None


async def give_consent(session: AsyncSession, index: BlindIndex, giving: Giving) -> Answer:
    """Records a consent, once per idempotency key. Answers the consent.

    Raises the problems of idempotency, `validation_failed`, and `consent_overlaps` when the client
    has given the same consent for a part of that time.
    """
    request = request_key(
        index,
        caller=giving.caller.client_id,
        key=giving.idempotency_key,
        operation="POST /v1/consents",
        body=giving.body.model_dump(mode="json"),
    )

    async def work() -> Answer:
        now = utc_now()
        _check(giving, now)
        consent = _consent(giving.body, now)
        await _check_overlap(session, consent, now)
        telemetry.tag(consent_id=str(consent.id))
        await session.execute(insert(Consent).values(**consent.model_dump()))
        await audit.record(session, giving.caller, _entry("consent.give", consent))
        await outbox.append(session, [outbox.message(_given(consent), key=consent.client_ref)])
        return _answer(consent)

    async with session.begin():
        return await once(session, request, work)


async def revoke_consent(
    session: AsyncSession, caller: Caller, consent_id: UUID, expected: int
) -> Consent:
    """Takes a consent back.

    Raises `not_found`, `illegal_transition` when it is revoked already or has expired, and
    `precondition_failed` when `expected` is not its present version.
    """
    async with session.begin():
        consent = await session.get(Consent, consent_id, with_for_update=True)
        if consent is None:
            raise Problem(NOT_FOUND)
        now = utc_now()
        present = rules.standing(Status(consent.status), consent.valid_to, now)
        status = rules.after(present, Action.REVOKE)
        if status is None:
            raise Problem(ILLEGAL_TRANSITION, f"A consent that is {present} stays so.")
        if consent.version != expected:
            raise Problem(PRECONDITION_FAILED)
        consent.status, consent.revoked_at = status, now
        consent.version += 1
        telemetry.tag(consent_id=str(consent.id))
        await audit.record(session, caller, _entry("consent.revoke", consent))
        event = _revoked(consent, now)
        withdrawn = await withdraw_denied(session, caller, consent.client_ref)
        await outbox.append(session, [outbox.message(event, key=consent.client_ref), *withdrawn])
    return consent


def _check(giving: Giving, now: datetime) -> None:
    body = giving.body
    flaws = [
        *rules.extent_flaws(
            body.direction,
            partner=body.partner is not None,
            facts=bool(body.facts),
            targets=body.scope is not None,
        ),
        *rules.period_flaws(body.valid_from or now, body.valid_to, now),
    ]
    errors = [FieldError(_TOLD_AS[flaw][0], flaw, _TOLD_AS[flaw][1]) for flaw in flaws]
    errors += check_recorder(giving.caller, body.recorded_by)
    if errors:
        raise Problem(VALIDATION_FAILED, errors=errors)


async def _check_overlap(session: AsyncSession, consent: Consent, now: datetime) -> None:
    """Under the person's lock, so that two at once are one after the other."""
    refs = await lock_person(session, consent.client_ref)
    rows = await session.scalars(
        select(Consent).where(
            col(Consent.client_ref).in_(refs),
            col(Consent.direction) == consent.direction,
            col(Consent.status) == Status.GIVEN,
        )
    )
    for other in rows:
        in_force = rules.standing(Status.GIVEN, other.valid_to, now) == Status.GIVEN
        period = (other.valid_from, other.valid_to)
        same = in_force and _extent(other) == _extent(consent)
        if same and rules.meet((consent.valid_from, consent.valid_to), period):
            raise Problem(CONSENT_OVERLAPS)


def _extent(consent: Consent) -> tuple[object, ...]:
    return (consent.partner_id, consent.facts, consent.targets)


def _consent(body: ConsentBody, now: datetime) -> Consent:
    scope = body.scope.model_dump(mode="json") if body.scope else None
    return Consent(
        id=new_id(),
        client_ref=body.client_ref,
        direction=body.direction,
        partner_id=body.partner,
        facts=sorted(set(body.facts)),
        targets=scope["targets"] if scope else None,
        valid_from=(body.valid_from or now).astimezone(UTC),
        valid_to=body.valid_to.astimezone(UTC) if body.valid_to else None,
        given_by=body.given_by,
        form=body.form,
        recorded_by=body.recorded_by,
        recorded_at=now,
        status=Status.GIVEN,
    )


def _given(consent: Consent) -> ConsentGiven:
    return ConsentGiven(
        aggregate_id=consent.id,
        version=consent.version,
        occurred_at=consent.recorded_at,
        client_ref=consent.client_ref,
        direction=ConsentDirection(consent.direction),
        partner_id=consent.partner_id,
        facts=tuple(PartnerFact(fact) for fact in consent.facts),
        valid_from=consent.valid_from,
        valid_to=consent.valid_to,
    )


def _revoked(consent: Consent, at: datetime) -> ConsentRevoked:
    return ConsentRevoked(
        aggregate_id=consent.id,
        version=consent.version,
        occurred_at=at,
        client_ref=consent.client_ref,
        direction=ConsentDirection(consent.direction),
        partner_id=consent.partner_id,
    )


def _entry(action: str, consent: Consent) -> audit.Entry:
    return audit.Entry(
        action, "consent", subject_id=consent.id, client_ref=consent.client_ref, basis=consent.form
    )


def _answer(consent: Consent) -> Answer:
    headers = {"Location": f"/v1/consents/{consent.id}", "ETag": web.etag(consent.version)}
    return Answer(201, queries.view(consent).model_dump(mode="json"), headers)
