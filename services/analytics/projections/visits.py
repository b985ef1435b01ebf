"""Visits: booked, then kept or cancelled; the newest word on one stands."""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import fill
from services.analytics.tables import VisitFact
from shared.contracts.case_life import VisitBooked, VisitCancelled, VisitEvent, VisitKept
from shared.messages import Received

STATES: dict[type[VisitEvent], str] = {
    VisitBooked: "booked",
    VisitKept: "kept",
    VisitCancelled: "cancelled",
}


async def learn(session: AsyncSession, event: Received) -> None:
    """How the visit stands."""
    data = cast(VisitEvent, event.data)
    facts = {
        "case_id": data.aggregate_id,
        "team": data.team,
        "scheduled_at": data.scheduled_at,
        "location": data.location,
        "state": STATES[type(data)],
    }
    key = {"visit_id": data.visit_id}
    await fill(session, VisitFact, key, newer={"version": facts}, version=data.version)
