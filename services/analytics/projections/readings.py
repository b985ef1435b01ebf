"""What is read of a client at a moment, a row each: motivation, housing, segment."""

from typing import Any, cast

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from services.analytics.projections import belonging
from services.analytics.projections.rows import Values, fill, keep
from services.analytics.tables import HousingFact, MotivationFact, SegmentFact
from shared.contracts.case_life import HousingChanged, MotivationRecorded, SegmentChanged
from shared.contracts.caseload import CaseEvent
from shared.messages import Received


async def motivation(session: AsyncSession, event: Received) -> None:
    """The client's motivation points."""
    data = cast(MotivationRecorded, event.data)
    await _write(session, MotivationFact, data, {"value": data.value})


async def housing(session: AsyncSession, event: Received) -> None:
    """The client lives differently."""
    data = cast(HousingChanged, event.data)
    lives = {"from_status": data.from_status, "to_status": data.to_status}
    await _write(session, HousingFact, data, lives)


async def segment(session: AsyncSession, event: Received) -> None:
    """The client's segment."""
    data = cast(SegmentChanged, event.data)
    codes = {"support_need": data.support_need, "complexity": data.complexity}
    await keep(session, SegmentFact, {**_key(data), **_told(data), **codes})


async def _write(
    session: AsyncSession, table: type[SQLModel], data: CaseEvent, reading: Values
) -> None:
    async def write(taken: Values, beside: Select[Any] | None) -> bool:
        once = {**_told(data), **reading, **taken}
        return await fill(session, table, _key(data), once=once, beside=beside)

    await belonging.write(session, data.aggregate_id, write)


def _key(data: CaseEvent) -> Values:
    return {"case_id": data.aggregate_id, "version": data.version}


def _told(data: CaseEvent) -> Values:
    return {"at": data.occurred_at, "team": data.team}
