"""Visits: booked, then kept or cancelled; the newest word on one stands. Each has in its own row
what reports count it under: its case's team, county and municipality.

A visit may come before its case, or at the same moment in another transaction. Who writes a visit
keeps its case as it is (FOR SHARE); while there is no case to keep, an advisory lock stands for it,
which whoever opens a case takes too.
"""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import fill
from services.analytics.tables import CaseFact, VisitFact
from shared.contracts.case_life import VisitBooked, VisitCancelled, VisitEvent, VisitKept
from shared.messages import Received

STATES: dict[type[VisitEvent], str] = {
    VisitBooked: "booked",
    VisitKept: "kept",
    VisitCancelled: "cancelled",
}
_TAKEN = {"case_team": "team", "county": "county", "municipality": "municipality"}
"""What a visit's row has of its case, and how the case calls it."""


async def learn(session: AsyncSession, event: Received) -> None:
    """How the visit stands, under its case as that is now."""
    data = cast(VisitEvent, event.data)
    case = CaseFact.__table__.c  # type: ignore[attr-defined]
    its_case = select().where(case.case_id == data.aggregate_id).with_for_update(read=True)
    taken = {name: case[its] for name, its in _TAKEN.items()}
    if await _write(session, data, taken, its_case):
        return
    await hold(session, data.aggregate_id)
    if not await _write(session, data, taken, its_case):
        await _write(session, data, dict.fromkeys(_TAKEN))


async def hold(session: AsyncSession, case_id: UUID) -> None:
    """Until the transaction ends nobody else opens the case, or adds a visit while there is
    none."""
    name = func.hashtextextended(f"case/{case_id}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(name)))


async def follow(session: AsyncSession, case_id: UUID) -> None:
    """The visits of a case that was told of anew are counted under it as it is now."""
    own, case = VisitFact.__table__.c, CaseFact.__table__.c  # type: ignore[attr-defined]
    changed = or_(*(own[name].is_distinct_from(case[its]) for name, its in _TAKEN.items()))
    await session.execute(
        update(VisitFact)
        .values({name: case[its] for name, its in _TAKEN.items()})
        .where(own.case_id == case_id, case.case_id == case_id, changed)
        .execution_options(synchronize_session=False)
    )


async def _write(
    session: AsyncSession,
    data: VisitEvent,
    taken: dict[str, Any],
    its_case: Select[Any] | None = None,
) -> bool:
    facts = {
        "case_id": data.aggregate_id,
        "team": data.team,
        "scheduled_at": data.scheduled_at,
        "location": data.location,
        "state": STATES[type(data)],
        **taken,
    }
    key = {"visit_id": data.visit_id}
    newer = {"version": facts}
    return await fill(session, VisitFact, key, newer=newer, version=data.version, beside=its_case)
