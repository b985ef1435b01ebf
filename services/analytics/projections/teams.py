"""Teams, and who works in them from when on."""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import fill, keep
from services.analytics.tables import TeamFact, WorkerFact
from shared.contracts.caseload import TeamChanged, WorkerChanged
from shared.messages import Received


async def learn_team(session: AsyncSession, event: Received) -> None:
    """In which county the team works."""
    data = cast(TeamChanged, event.data)
    newer = {"version": {"county": data.county}}
    await fill(session, TeamFact, {"team": data.aggregate_id}, newer=newer, version=data.version)


async def learn_worker(session: AsyncSession, event: Received) -> None:
    """Where the worker works, and whether they take cases."""
    data = cast(WorkerChanged, event.data)
    row = {
        "worker_id": data.aggregate_id,
        "version": data.version,
        "at": data.occurred_at,
        "team": data.team,
        "capacity_points": data.capacity_points,
    }
    await keep(session, WorkerFact, row)
