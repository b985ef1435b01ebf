"""Handovers that come to nothing: the case is back in support when no receiver is left."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases.changing import Work
from services.caseload.cases.rules import Action
from services.caseload.handovers import queries, rules
from services.caseload.handovers.rules import HandoverAction, HandoverState
from services.caseload.tables import Handover
from shared.contracts.case_life import HandoverEndedEvent, HandoverFailed
from shared.contracts.codes import CaseStatus, HandoverDecline, HandoverFailure
from shared.problems import ILLEGAL_TRANSITION, Problem


async def move(work: Work, handover_id: UUID, action: HandoverAction) -> Handover:
    """Moves a handover of the case. Raises `not_found` and `illegal_transition`."""
    handover = await queries.get_handover(work.session, work.case.id, handover_id)
    state = rules.after(HandoverState(handover.state), action)
    if state is None:
        detail = f"A handover that is {handover.state} allows no {action}."
        raise Problem(ILLEGAL_TRANSITION, detail)
    handover.state = state
    handover.version += 1
    return handover


async def end(
    work: Work,
    handover: Handover,
    event: type[HandoverEndedEvent],
    reason: HandoverDecline | HandoverFailure,
) -> None:
    """A handover that was moved to its bad end; whose case goes on is the team's alone again when
    no other receiving service is left."""
    handover.ended_at = work.now
    handover.ended_reason = reason
    left = await _count(work.session, work.case.id, *rules.HOLDING)
    back = left == 0 and work.case.status == CaseStatus.HANDOVER
    if back:
        work.take(Action.BOUNCE_BACK)
        work.life.tapering = False
    work.tell(event, reason=reason, back_to_support=back, **facts(handover))


async def abandon(work: Work) -> None:
    """The case ends: what is under way has failed."""
    rows = await work.session.scalars(
        select(Handover)
        .where(col(Handover.case_id) == work.case.id, col(Handover.state).in_(rules.UNDER_WAY))
        .order_by(col(Handover.id))
    )
    for handover in rows.all():
        await move(work, handover.id, HandoverAction.FAIL)
        await end(work, handover, HandoverFailed, HandoverFailure.CASE_CLOSED)


async def is_confirmed(session: AsyncSession, case_id: UUID) -> bool:
    """Whether a receiving service has the client."""
    return await _count(session, case_id, HandoverState.CONFIRMED) > 0


def facts(handover: Handover) -> dict[str, Any]:
    """What every event of the handover tells."""
    return {
        "handover_id": handover.id,
        "receiver_id": handover.receiver_id,
        "receiver_kind": handover.receiver_kind,
        "service": handover.service,
    }


async def _count(session: AsyncSession, case_id: UUID, *states: HandoverState) -> int:
    count = await session.scalar(
        select(func.count()).where(
            col(Handover.case_id) == case_id, col(Handover.state).in_(states)
        )
    )
    return count or 0
