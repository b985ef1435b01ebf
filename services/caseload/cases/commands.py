"""Working a case: contact attempts and the end. Each one transaction, once per idempotency key."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.cases import contacting, rules
from services.caseload.cases.changing import Change, Deed, Work, carry_out, refuse
from services.caseload.cases.rules import Action
from services.caseload.cases.schemas import ClosingBody, ContactAttemptBody
from services.caseload.handovers import bouncing
from services.caseload.tables import ContactAttempt
from services.caseload.visits.commands import call_off
from shared.contracts.caseload import CaseClosed
from shared.contracts.codes import ClosingReason, ContactOutcome
from shared.crypto import BlindIndex
from shared.idempotency import Answer
from shared.ids import new_id
from shared.problems import ILLEGAL_TRANSITION, Problem


async def record_contact_attempt(
    session: AsyncSession,
    index: BlindIndex,
    change: Change,
    body: ContactAttemptBody,
    *,
    escalate_after: int,
) -> Answer:
    """Writes a contact attempt down; the first that reached the client is the contact.

    Failed ones before it are counted, and escalate when there are `escalate_after` of them. Later
    ones are kept in the log of contacts and change nothing of the case: no event.
    """
    deed = Deed("contact-attempts", "case.contact_attempt", 201)

    async def do(work: Work) -> None:
        reached = body.outcome == ContactOutcome.REACHED
        first = work.case.contacted_at is None
        work.take(Action.REACH if reached else Action.ATTEMPT_CONTACT)
        impossible = rules.contact_time_error(body.at, work.case.opened_at, work.now)
        refuse("/at", impossible, "a contact cannot have been at this moment")
        await _keep(session, change, body, work.now)
        if first and reached:
            contacting.reached(work, body.channel, body.at)
        elif first:
            contacting.failed(work, body, escalate_after)

    return await carry_out(session, index, change, deed, body, do)


async def close_case(
    session: AsyncSession, index: BlindIndex, change: Change, body: ClosingBody
) -> Answer:
    """Closes the case; the room that this makes goes to those who wait.

    A case ends as handed over only by a confirmed handover, never by being called so. What was
    still to come ends with it: visits are called off, handovers under way have failed.
    """

    async def do(work: Work) -> None:
        await _check_handed_over(work, body.reason)
        await end(work, body)

    return await carry_out(session, index, change, Deed("close", "case.close"), body, do)


async def end(work: Work, body: ClosingBody) -> None:
    """Ends the case and what was still to come of it."""
    work.take(rules.closing(body.reason))
    await call_off(work)
    await bouncing.abandon(work)
    work.case.closed_at = work.now
    work.case.closing_reason = body.reason
    work.case.alternative_service = body.alternative_service
    work.tell(
        CaseClosed,
        reason=body.reason,
        closed_at=work.now,
        alternative_service=body.alternative_service,
    )


async def _check_handed_over(work: Work, reason: ClosingReason) -> None:
    handed_over = reason == ClosingReason.HANDED_OVER
    if handed_over and not await bouncing.is_confirmed(work.session, work.case.id):
        raise Problem(
            ILLEGAL_TRANSITION,
            "A case closes as handed_over only with a confirmed handover; it has none.",
        )


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
            worker_id=change.worker(),
        )
    )
