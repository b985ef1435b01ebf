"""Reading handovers: all of one for its team, its codes alone for the receiving service."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases import queries as cases
from services.caseload.handovers import rules
from services.caseload.handovers.rules import HandoverState
from services.caseload.handovers.schemas import (
    FollowUpView,
    HandoverView,
    ReceivedView,
    Receiver,
)
from services.caseload.tables import Case, Handover, HandoverFollowUp
from shared import audit
from shared.auth import Caller
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


async def read_handover(
    session: AsyncSession, caller: Caller, case_id: UUID, handover_id: UUID
) -> tuple[HandoverView | ReceivedView, int]:
    """The handover as far as the caller may see it, and the version of what it sees.

    Raises `not_found`.
    """
    async with session.begin():
        handover = await get_handover(session, case_id, handover_id)
        if rules.is_receiver(caller.scopes, caller.org, handover.receiver_id):
            case = await session.get_one(Case, case_id)
            await audit.record(session, caller, cases.entry("handover.read", case))
            return received_view(handover), handover.version
        if "cases:read" not in caller.scopes:
            raise Problem(NOT_FOUND)
        case = await cases.find(session, caller, case_id)
        await audit.record(session, caller, cases.entry("case.read", case))
        return await view_of(session, handover), case.version


async def list_received(
    session: AsyncSession,
    caller: Caller,
    state: HandoverState | None,
    *,
    limit: int,
    cursor: str | None,
) -> Page[ReceivedView]:
    """A page of the handovers that the caller's organisation is asked for, newest first."""
    async with session.begin():
        conditions = [col(Handover.receiver_id) == _organisation(caller)]
        if state is not None:
            conditions.append(col(Handover.state) == state)
        behind = decode_cursor(cursor)
        if behind is not None:
            conditions.append(col(Handover.id) < behind)
        rows = (
            await session.execute(
                select(Handover, Case)
                .join(Case, col(Case.id) == col(Handover.case_id))
                .where(*conditions)
                .order_by(col(Handover.id).desc())
                .limit(limit + 1)
            )
        ).all()
        shown = [cases.entry("handover.read", case) for _, case in rows[:limit]]
        await audit.record(session, caller, *shown)
        handovers = [handover for handover, _ in rows]
        return page_of(handovers, limit, lambda row: row.id, received_view)


async def get_handover(session: AsyncSession, case_id: UUID, handover_id: UUID) -> Handover:
    """A handover of the case. Raises `not_found`."""
    handover = await session.get(Handover, handover_id)
    if handover is None or handover.case_id != case_id:
        raise Problem(NOT_FOUND)
    return handover


async def handovers_of(session: AsyncSession, case_id: UUID) -> list[HandoverView]:
    """The handovers of a case in the order in which they were proposed."""
    rows = list(
        await session.scalars(
            select(Handover).where(col(Handover.case_id) == case_id).order_by(col(Handover.id))
        )
    )
    asked = await follow_ups_of(session, rows)
    return [_view(handover, asked[handover.id]) for handover in rows]


async def follow_ups_of(
    session: AsyncSession, handovers: Sequence[Handover]
) -> dict[UUID, list[FollowUpView]]:
    """The questions after some handovers, by handover."""
    rows = await session.scalars(
        select(HandoverFollowUp)
        .where(col(HandoverFollowUp.handover_id).in_([handover.id for handover in handovers]))
        .order_by(col(HandoverFollowUp.handover_id), col(HandoverFollowUp.days))
    )
    asked: dict[UUID, list[FollowUpView]] = defaultdict(list)
    for row in rows:
        question = FollowUpView(
            days=row.days, due_at=row.due_at, done_at=row.done_at, attached=row.attached
        )
        asked[row.handover_id].append(question)
    return asked


async def view_of(session: AsyncSession, handover: Handover) -> HandoverView:
    """The handover as the team sees it."""
    return _view(handover, (await follow_ups_of(session, [handover]))[handover.id])


def received_view(handover: Handover) -> ReceivedView:
    """The handover as the receiving service sees it."""
    return ReceivedView(
        id=handover.id,
        case=handover.case_id,
        status=HandoverState(handover.state),
        service=handover.service,
        proposed_at=handover.proposed_at,
        answer_due_at=handover.answer_due_at,
        answered_at=handover.answered_at,
        joint_meeting_at=handover.joint_meeting_at,
        confirmed_at=handover.confirmed_at,
        ended_at=handover.ended_at,
    )


def receiver_of(handover: Handover) -> Receiver:
    """The receiving service."""
    return Receiver(
        id=handover.receiver_id, name=handover.receiver_name, kind=handover.receiver_kind
    )


def _view(handover: Handover, asked: list[FollowUpView]) -> HandoverView:
    return HandoverView(
        **received_view(handover).model_dump(),
        receiver=receiver_of(handover),
        ended_reason=handover.ended_reason,
        follow_ups=asked,
    )


def _organisation(caller: Caller) -> UUID | None:
    try:
        return UUID(caller.org or "")
    except ValueError:
        return None
