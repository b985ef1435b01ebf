"""Room that time alone brings goes to those who wait: an absence is over, a pause has run out.

Runs in the event process. Several may run at once: each team is looked at under its lock, so a
pause is told to have ended once, and room is given once.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind
from sqlalchemy import or_, select
from sqlmodel import col

from services.caseload.assignment.draining import drain
from services.caseload.intake_rules.commands import resume_due
from services.caseload.settings import Settings
from services.caseload.tables import IntakeRule, Team, WaitlistPlace, Worker
from shared import outbox, sweeping, telemetry
from shared.clock import utc_now
from shared.contracts.codes import IntakeState
from shared.db import Database
from shared.worker import Part


def sweeper(settings: Settings) -> Part:
    """The part of the event process that sweeps, for ever."""
    return sweeping.sweeper("assignment", settings.sweep_seconds, sweep_once)


async def sweep_once(database: Database, now: datetime | None = None) -> None:
    """Ends the pauses that have run out, and gives every team's room to those who wait."""
    now = now or utc_now()
    for team_id in await _teams_to_look_at(database, now):
        with telemetry.span("sweep team", SpanKind.INTERNAL, Context(), {}):
            async with database.sessions() as session, session.begin():
                messages = await resume_due(session, team_id, now)
                messages += await drain(session, [team_id], now=now)
                await session.flush()
                await outbox.append(session, messages)


async def _teams_to_look_at(database: Database, now: datetime) -> Sequence[UUID]:
    """Teams with a pause that has run out; and, while anybody waits, teams with workers."""
    ran_out = select(col(IntakeRule.team)).where(
        col(IntakeRule.state) == IntakeState.PAUSED, col(IntakeRule.until) <= now
    )
    staffed = select(col(Worker.team)).where(select(col(WaitlistPlace.id)).exists())
    with suppress_instrumentation():
        async with database.sessions() as session:
            rows = await session.scalars(
                select(col(Team.id))
                .where(or_(col(Team.id).in_(ran_out), col(Team.id).in_(staffed)))
                .order_by(col(Team.id))
            )
            return rows.all()
