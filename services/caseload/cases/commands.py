"""Working a case: contact attempts and the end. Each one transaction, once per idempotency key."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.draining import drain
from services.caseload.assignment.queries import referrals_of
from services.caseload.case_events import CaseEvents
from services.caseload.cases import queries, rules
from services.caseload.cases.rules import Action
from services.caseload.cases.schemas import ClosingBody, ContactAttemptBody
from services.caseload.tables import Case, CaseWorker, ContactAttempt, Worker
from shared import audit, outbox, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.caseload import CaseClosed, CaseContacted, ContactAttempted
from shared.contracts.codes import CaseStatus, ClosingReason, ContactOutcome
from shared.crypto import BlindIndex
from shared.idempotency import Answer, RequestKey, once, request_key
from shared.ids import new_id
from shared.problems import (
    ILLEGAL_TRANSITION,
    PRECONDITION_FAILED,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)
from shared.web import etag


@dataclass(frozen=True)
class Change:
    """A request to change a case: who asks, which case, the version they read, their key."""

    caller: Caller
    case_id: UUID
    expected: int
    idempotency_key: str | None

    def request(self, index: BlindIndex, operation: str, body: object) -> RequestKey | None:
        """The key under which the first answer is kept."""
        return request_key(
            index,
            caller=self.caller.client_id,
            key=self.idempotency_key,
            operation=f"POST /v1/cases/{self.case_id}/{operation}",
            body=body,
        )


async def record_contact_attempt(
    session: AsyncSession, index: BlindIndex, change: Change, body: ContactAttemptBody
) -> Answer:
    """Writes a contact attempt down; the first that reached the client is the contact.

    Later ones are kept in the log of contacts and change nothing of the case: no event.
    """
    request = change.request(index, "contact-attempts", body.model_dump(mode="json"))

    async def work() -> Answer:
        case = await _case(session, change)
        now = utc_now()
        reached = body.outcome == ContactOutcome.REACHED
        status = _after(case, Action.REACH if reached else Action.ATTEMPT_CONTACT)
        _check_time(body.at, case, now)
        await _keep(session, change, body, now)
        messages: list[outbox.Message] = []
        if case.contacted_at is None:
            case.status = status
            messages = await _attempt(session, case, body, reached=reached)
        return await _done(session, change.caller, "case.contact_attempt", case, messages, 201)

    return await _once(session, request, work)


async def close_case(
    session: AsyncSession, index: BlindIndex, change: Change, body: ClosingBody
) -> Answer:
    """Closes the case; the room that this makes goes to those who wait.

    A case ends as handed over only by a confirmed handover, never by being called so.
    """
    request = change.request(index, "close", body.model_dump(mode="json"))

    async def work() -> Answer:
        case = await _case(session, change)
        status = _after(case, Action.CLOSE)
        if body.reason == ClosingReason.HANDED_OVER:
            raise Problem(
                ILLEGAL_TRANSITION,
                "A case closes as handed_over only with a confirmed handover; it has none.",
            )
        case.status = status
        messages = await _close(session, case, body, utc_now())
        return await _done(session, change.caller, "case.close", case, messages, 200)

    return await _once(session, request, work)


async def _once(
    session: AsyncSession, request: RequestKey | None, work: Callable[[], Awaitable[Answer]]
) -> Answer:
    async with session.begin():
        return await once(session, request, work)


async def _case(session: AsyncSession, change: Change) -> Case:
    """The case under its row lock, at the version that the caller read."""
    case = await queries.find(session, change.caller, change.case_id, lock=True)
    if case.version != change.expected:
        raise Problem(PRECONDITION_FAILED)
    telemetry.tag(case_id=str(case.id))
    return case


def _after(case: Case, action: Action) -> CaseStatus:
    status = rules.after(CaseStatus(case.status), action)
    if status is None:
        raise Problem(ILLEGAL_TRANSITION, f"A case that is {case.status} allows no {action}.")
    return status


def _check_time(at: datetime, case: Case, now: datetime) -> None:
    impossible = rules.contact_time_error(at, case.opened_at, now)
    if impossible is not None:
        wrong = FieldError("/at", impossible, "a contact cannot have been at this moment")
        raise Problem(VALIDATION_FAILED, errors=[wrong])


async def _keep(
    session: AsyncSession, change: Change, body: ContactAttemptBody, now: datetime
) -> None:
    await session.execute(
        insert(ContactAttempt).values(
            id=new_id(),
            case_id=change.case_id,
            channel=body.channel,
            outcome=body.outcome,
            at=body.at,
            recorded_at=now,
            worker_id=_worker_of(change.caller),
        )
    )


def _worker_of(caller: Caller) -> UUID | None:
    """Who of the team made the contact, if the token says."""
    try:
        return UUID(caller.worker or "")
    except ValueError:
        return None


async def _attempt(
    session: AsyncSession, case: Case, body: ContactAttemptBody, *, reached: bool
) -> list[outbox.Message]:
    """Moves a case whose client was not reached before."""
    case.attempts += 1
    events = await _events(session, case)
    if reached:
        case.contacted_at = body.at
        events.add(
            CaseContacted,
            at=body.at,
            team=case.team,
            channel=body.channel,
            attempt=case.attempts,
            within_deadline=body.at <= case.contact_due_at,
        )
    else:
        events.add(
            ContactAttempted,
            at=body.at,
            team=case.team,
            channel=body.channel,
            outcome=body.outcome,
            attempt=case.attempts,
        )
    case.version = events.version
    return events.messages


async def _close(
    session: AsyncSession, case: Case, body: ClosingBody, now: datetime
) -> list[outbox.Message]:
    case.closed_at = now
    case.closing_reason = body.reason
    case.alternative_service = body.alternative_service
    events = await _events(session, case)
    events.add(
        CaseClosed,
        at=now,
        team=case.team,
        reason=body.reason,
        closed_at=now,
        alternative_service=body.alternative_service,
    )
    case.version = events.version
    return [*events.messages, *await drain(session, await _teams_with_room(session, case))]


async def _teams_with_room(session: AsyncSession, case: Case) -> set[UUID]:
    """The teams of the case's workers: one may have changed teams since."""
    rows = await session.scalars(
        select(col(Worker.team))
        .join(CaseWorker, col(CaseWorker.worker_id) == col(Worker.id))
        .where(col(CaseWorker.case_id) == case.id)
    )
    return set(rows)


async def _events(session: AsyncSession, case: Case) -> CaseEvents:
    referrals = await referrals_of(session, case.id)
    referral_ids = tuple(referral.referral_id for referral in referrals)
    return CaseEvents(case.id, case.client_ref, referral_ids, case.version)


async def _done(
    session: AsyncSession,
    caller: Caller,
    action: str,
    case: Case,
    messages: list[outbox.Message],
    status: int,
) -> Answer:
    """The answer, after the audit row and the events, which come last."""
    view = await queries.view_of(session, case)
    await session.flush()
    await audit.record(session, caller, queries.entry(action, case))
    await outbox.append(session, messages)
    return Answer(status, view.model_dump(mode="json"), {"ETag": etag(case.version)})
