"""Goals of the clients' plans: set, then attained or dropped; the newest word on one stands."""

from typing import Any, cast

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections import belonging
from services.analytics.projections.rows import Values, fill
from services.analytics.tables import GoalFact
from shared.contracts.case_life import GoalAttained, GoalDropped, GoalEvent, GoalSet
from shared.messages import Received

STATES: dict[type[GoalEvent], str] = {
    GoalSet: "set",
    GoalAttained: "attained",
    GoalDropped: "dropped",
}


async def learn(session: AsyncSession, event: Received) -> None:
    """How the goal stands, and when it was set."""
    data = cast(GoalEvent, event.data)
    facts = {
        "case_id": data.aggregate_id,
        "team": data.team,
        "area": data.area,
        "state": STATES[type(data)],
    }
    is_new = isinstance(data, GoalSet)

    async def write(taken: Values, beside: Select[Any] | None) -> bool:
        return await fill(
            session,
            GoalFact,
            {"goal_id": data.goal_id},
            once={"set_at": data.occurred_at} if is_new else None,
            newer={"version": {**facts, **taken}},
            version=data.version,
            beside=beside,
        )

    await belonging.write(session, data.aggregate_id, write)
