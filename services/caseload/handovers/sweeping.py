"""Handovers that nobody answered in time come back to the team by themselves.

Runs in the event process. Several may run at once: each handover is ended under the lock of its
case, by whoever finds it first, and once.
"""

from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases.changing import open_work, record
from services.caseload.handovers import bouncing
from services.caseload.handovers.rules import HandoverAction, HandoverState
from services.caseload.settings import Settings
from services.caseload.tables import Case, Handover
from shared import sweeping, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.case_life import HandoverFailed
from shared.contracts.codes import HandoverFailure
from shared.db import Database
from shared.worker import Part

CLOCK = Caller("nopsa-caseload", "nopsa-caseload", frozenset())
"""Who the audit log names for what nobody did."""
AT_A_TIME = 100


def sweeper(settings: Settings) -> Part:
    """The part of the event process that sweeps, for ever."""
    return sweeping.sweeper("handovers", settings.handover_sweep_seconds, bounce_unanswered)


async def bounce_unanswered(database: Database) -> int:
    """Ends every handover whose answer is overdue; how many."""
    ended = 0
    while found := await _overdue(database):
        for case_id, handover_id in found:
            async with database.sessions() as session, session.begin():
                ended += await _expire(session, case_id, handover_id)
    return ended


async def _overdue(database: Database) -> list[tuple[UUID, UUID]]:
    with suppress_instrumentation():
        async with database.sessions() as session:
            rows = await session.execute(
                select(col(Handover.case_id), col(Handover.id))
                .where(
                    col(Handover.state) == HandoverState.PROPOSED,
                    col(Handover.answer_due_at) <= utc_now(),
                )
                .order_by(col(Handover.answer_due_at))
                .limit(AT_A_TIME)
            )
            return [(case_id, handover_id) for case_id, handover_id in rows]


async def _expire(session: AsyncSession, case_id: UUID, handover_id: UUID) -> bool:
    """Ends the handover unless somebody did, or answered, since it was found."""
    with telemetry.span("expire handover", SpanKind.INTERNAL, Context(), {}):
        case = await session.get_one(Case, case_id, with_for_update=True)
        handover = await session.get_one(Handover, handover_id)
        if handover.state != HandoverState.PROPOSED:
            return False
        work = await open_work(session, case)
        await bouncing.move(work, handover_id, HandoverAction.EXPIRE)
        await bouncing.end(work, handover, HandoverFailed, HandoverFailure.NO_ANSWER)
        await record(work, CLOCK, "handover.expire")
        return True
