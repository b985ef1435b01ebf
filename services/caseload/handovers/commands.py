"""Proposing a handover and what comes of it. Each one transaction, once per idempotency key.

A receiving service that answers with a token of its own reads and names the version of the
handover, never that of the case.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.anonymity import refuse_identifying
from services.caseload.cases import rules as case_rules
from services.caseload.cases.changing import (
    Change,
    Deed,
    Lock,
    Work,
    carry_out,
    lock_case,
    refuse,
)
from services.caseload.cases.rules import Action
from services.caseload.handovers import queries, rules
from services.caseload.handovers.bouncing import end, facts, move
from services.caseload.handovers.rules import HandoverAction, HandoverState
from services.caseload.handovers.schemas import (
    DecliningBody,
    FailingBody,
    HandoverView,
    MeetingBody,
    ProposalBody,
    ReceivedView,
)
from services.caseload.tables import Case, Handover, HandoverFollowUp
from shared.contracts.case_life import (
    HandoverAccepted,
    HandoverConfirmed,
    HandoverDeclined,
    HandoverFailed,
    HandoverJointMeetingHeld,
    HandoverProposed,
)
from shared.crypto import BlindIndex
from shared.idempotency import Answer
from shared.ids import new_id
from shared.problems import NOT_FOUND, PRECONDITION_FAILED, Problem

Advance = Callable[[Work, Handover], Awaitable[None]]


async def propose(
    session: AsyncSession, index: BlindIndex, change: Change, body: ProposalBody, *, days: int
) -> Answer:
    """Asks a service to take the client over; it has so many days to answer."""

    async def do(work: Work) -> HandoverView:
        work.take(Action.PROPOSE_HANDOVER)
        refuse_identifying("/receiver/name", body.receiver.name)
        handover = Handover(
            id=new_id(),
            case_id=work.case.id,
            receiver_id=body.receiver.id,
            receiver_name=body.receiver.name,
            receiver_kind=body.receiver.kind,
            service=body.service,
            state=HandoverState.PROPOSED,
            proposed_at=work.now,
            answer_due_at=rules.answer_due(work.now, days),
        )
        session.add(handover)
        work.tell(HandoverProposed, answer_due_at=handover.answer_due_at, **facts(handover))
        return await queries.view_of(session, handover)

    return await carry_out(
        session, index, change, Deed("handovers", "handover.propose", 201), body, do
    )


async def accept(
    session: AsyncSession, index: BlindIndex, change: Change, handover_id: UUID
) -> Answer:
    """The receiving service says yes, itself or through the team."""

    async def advance(work: Work, handover: Handover) -> None:
        work.take(Action.ADVANCE_HANDOVER)
        handover.answered_at = work.now
        work.tell(HandoverAccepted, **facts(handover))

    return await _advance(session, index, change, handover_id, HandoverAction.ACCEPT, advance)


async def decline(
    session: AsyncSession, index: BlindIndex, change: Change, handover_id: UUID, body: DecliningBody
) -> Answer:
    """The receiving service says no, itself or through the team."""

    async def advance(work: Work, handover: Handover) -> None:
        handover.answered_at = work.now
        await end(work, handover, HandoverDeclined, body.reason)

    return await _advance(
        session, index, change, handover_id, HandoverAction.DECLINE, advance, body
    )


async def hold_joint_meeting(
    session: AsyncSession, index: BlindIndex, change: Change, handover_id: UUID, body: MeetingBody
) -> Answer:
    """Client, team and receiving service met."""

    async def advance(work: Work, handover: Handover) -> None:
        work.take(Action.ADVANCE_HANDOVER)
        at = body.at or work.now
        impossible = case_rules.contact_time_error(at, handover.proposed_at, work.now)
        refuse("/at", impossible, "a joint meeting cannot have been at this moment")
        handover.joint_meeting_at = at
        work.tell(HandoverJointMeetingHeld, at=at, **facts(handover))

    return await _advance(session, index, change, handover_id, HandoverAction.MEET, advance, body)


async def confirm(
    session: AsyncSession, index: BlindIndex, change: Change, handover_id: UUID
) -> Answer:
    """The receiving service has the client; after 30 and 90 days it is asked how it went."""

    async def advance(work: Work, handover: Handover) -> None:
        work.take(Action.ADVANCE_HANDOVER)
        handover.confirmed_at = work.now
        session.add_all(
            HandoverFollowUp(
                handover_id=handover.id, days=days, due_at=rules.follow_up_due(work.now, days)
            )
            for days in rules.FOLLOW_UP_DAYS
        )
        work.tell(HandoverConfirmed, **facts(handover))

    return await _advance(session, index, change, handover_id, HandoverAction.CONFIRM, advance)


async def fail(
    session: AsyncSession, index: BlindIndex, change: Change, handover_id: UUID, body: FailingBody
) -> Answer:
    """The handover comes to nothing."""

    async def advance(work: Work, handover: Handover) -> None:
        await end(work, handover, HandoverFailed, body.reason)

    return await _advance(session, index, change, handover_id, HandoverAction.FAIL, advance, body)


async def _advance(
    session: AsyncSession,
    index: BlindIndex,
    change: Change,
    handover_id: UUID,
    action: HandoverAction,
    advance: Advance,
    body: DecliningBody | MeetingBody | FailingBody | None = None,
) -> Answer:
    async def do(work: Work) -> HandoverView | ReceivedView:
        handover = await move(work, handover_id, action)
        await advance(work, handover)
        caller = change.caller
        if rules.is_receiver(caller.scopes, caller.org, handover.receiver_id):
            work.shown_version = handover.version
            return queries.received_view(handover)
        return await queries.view_of(session, handover)

    deed = Deed(f"handovers/{handover_id}/{action}", f"handover.{action}")
    return await carry_out(session, index, change, deed, body, do, lock=_lock(handover_id))


def _lock(handover_id: UUID) -> Lock:
    """Locks the case for its team at the case's version, and for the receiving service at the
    handover's. Raises `not_found` and `precondition_failed`."""

    async def lock(session: AsyncSession, change: Change) -> Case:
        caller = change.caller
        receiver_id = await session.scalar(
            select(col(Handover.receiver_id)).where(col(Handover.id) == handover_id)
        )
        if not rules.is_receiver(caller.scopes, caller.org, receiver_id):
            if "cases:write" not in caller.scopes:
                raise Problem(NOT_FOUND)
            return await lock_case(session, change)
        case = await session.get(Case, change.case_id, with_for_update=True)
        if case is None:
            raise Problem(NOT_FOUND)
        handover = await queries.get_handover(session, case.id, handover_id)
        if handover.version != change.expected:
            raise Problem(PRECONDITION_FAILED)
        return case

    return lock
