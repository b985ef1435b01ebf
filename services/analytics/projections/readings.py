"""What is read of a client at a moment, a row each: motivation, housing, segment."""

from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import keep
from services.analytics.tables import HousingFact, MotivationFact, SegmentFact
from shared.contracts.case_life import HousingChanged, MotivationRecorded, SegmentChanged
from shared.contracts.caseload import CaseEvent
from shared.messages import Received


async def motivation(session: AsyncSession, event: Received) -> None:
    """The client's motivation points."""
    data = cast(MotivationRecorded, event.data)
    await keep(session, MotivationFact, {**_reading(data), "value": data.value})


async def housing(session: AsyncSession, event: Received) -> None:
    """The client lives differently."""
    data = cast(HousingChanged, event.data)
    lives = {"from_status": data.from_status, "to_status": data.to_status}
    await keep(session, HousingFact, {**_reading(data), **lives})


async def segment(session: AsyncSession, event: Received) -> None:
    """The client's segment."""
    data = cast(SegmentChanged, event.data)
    codes = {"support_need": data.support_need, "complexity": data.complexity}
    await keep(session, SegmentFact, {**_reading(data), **codes})


def _reading(data: CaseEvent) -> dict[str, Any]:
    return {
        "case_id": data.aggregate_id,
        "version": data.version,
        "at": data.occurred_at,
        "team": data.team,
    }
