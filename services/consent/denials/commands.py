"""Denying and lifting: the row, its audit row and its events in one transaction.

What the other record had and may have no more is withdrawn in the same one.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.denials import queries, rules
from services.consent.denials.rules import Action, Flaw, Status
from services.consent.denials.schemas import DenialBody
from services.consent.documents.copies import lock_person
from services.consent.documents.withdrawing import withdraw_denied
from services.consent.fields import check_recorder
from services.consent.tables import Denial
from shared import audit, outbox, telemetry, web
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import ConsentDirection
from shared.contracts.consent import ConsentDenied, DenialLifted
from shared.crypto import BlindIndex
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.problems import (
    ILLEGAL_TRANSITION,
    NOT_FOUND,
    PRECONDITION_FAILED,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)

_TOLD_AS = {
    Flaw.PARTNER_NOT_TAKEN: ("/partner", "only to_partner takes a partner"),
    Flaw.ORGANISATIONS_NOT_TAKEN: ("/organisations", "the partner is the organisation"),
}


@dataclass(frozen=True)
class Denying:
    """One request to record a denial."""

    caller: Caller
    body: DenialBody
    idempotency_key: str | None


async def deny(session: AsyncSession, index: BlindIndex, denying: Denying) -> Answer:
    """Records a denial, once per idempotency key. Answers the denial.

    Raises the problems of idempotency and `validation_failed`.
    """
    request = request_key(
        index,
        caller=denying.caller.client_id,
        key=denying.idempotency_key,
        operation="POST /v1/denials",
        body=denying.body.model_dump(mode="json"),
    )

    async def work() -> Answer:
        _check(denying)
        await lock_person(session, denying.body.client_ref)
        denial = _denial(denying.body, utc_now())
        telemetry.tag(denial_id=str(denial.id))
        session.add(denial)
        await session.flush()
        await audit.record(session, denying.caller, _entry("denial.give", denial))
        withdrawn = await withdraw_denied(session, denying.caller, denial.client_ref)
        await outbox.append(
            session, [outbox.message(_denied(denial), key=denial.client_ref), *withdrawn]
        )
        return _answer(denial)

    async with session.begin():
        return await once(session, request, work)


async def lift(session: AsyncSession, caller: Caller, denial_id: UUID, expected: int) -> Denial:
    """Lifts a denial.

    Raises `not_found`, `illegal_transition` when it is lifted already, and `precondition_failed`
    when `expected` is not its present version.
    """
    async with session.begin():
        denial = await session.get(Denial, denial_id, with_for_update=True)
        if denial is None:
            raise Problem(NOT_FOUND)
        status = rules.after(Status(denial.status), Action.LIFT)
        if status is None:
            raise Problem(ILLEGAL_TRANSITION, f"A denial that is {denial.status} stays so.")
        if denial.version != expected:
            raise Problem(PRECONDITION_FAILED)
        denial.status, denial.lifted_at = status, utc_now()
        denial.version += 1
        telemetry.tag(denial_id=str(denial.id))
        await audit.record(session, caller, _entry("denial.lift", denial))
        event = _lifted(denial, denial.lifted_at)
        await session.flush()
        await outbox.append(session, [outbox.message(event, key=denial.client_ref)])
    return denial


def _check(denying: Denying) -> None:
    body = denying.body
    flaws = rules.extent_flaws(
        body.direction,
        partner=body.partner is not None,
        organisations=body.organisations is not None,
    )
    errors = [FieldError(_TOLD_AS[flaw][0], flaw, _TOLD_AS[flaw][1]) for flaw in flaws]
    errors += check_recorder(denying.caller, body.recorded_by)
    if errors:
        raise Problem(VALIDATION_FAILED, errors=errors)


def _denial(body: DenialBody, now: datetime) -> Denial:
    return Denial(
        id=new_id(),
        client_ref=body.client_ref,
        direction=body.direction,
        partner_id=body.partner,
        organisations=sorted(set(body.organisations)) if body.organisations else None,
        data_classes=sorted(set(body.data_classes)) if body.data_classes else None,
        given_by=body.given_by,
        form=body.form,
        recorded_by=body.recorded_by,
        recorded_at=now,
        status=Status.IN_FORCE,
    )


def _denied(denial: Denial) -> ConsentDenied:
    return ConsentDenied(
        aggregate_id=denial.id,
        version=denial.version,
        occurred_at=denial.recorded_at,
        client_ref=denial.client_ref,
        direction=ConsentDirection(denial.direction) if denial.direction else None,
        partner_id=denial.partner_id,
        organisations=tuple(denial.organisations or ()),
        data_classes=tuple(denial.data_classes or ()),
    )


def _lifted(denial: Denial, at: datetime) -> DenialLifted:
    return DenialLifted(
        aggregate_id=denial.id,
        version=denial.version,
        occurred_at=at,
        client_ref=denial.client_ref,
        direction=ConsentDirection(denial.direction) if denial.direction else None,
        partner_id=denial.partner_id,
    )


def _entry(action: str, denial: Denial) -> audit.Entry:
    return audit.Entry(
        action, "denial", subject_id=denial.id, client_ref=denial.client_ref, basis=denial.form
    )


def _answer(denial: Denial) -> Answer:
    headers = {"Location": f"/v1/denials/{denial.id}", "ETag": web.etag(denial.version)}
    return Answer(201, queries.view(denial).model_dump(mode="json"), headers)
