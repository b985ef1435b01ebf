"""Visits: booked, then kept or cancelled; the newest word on one stands.

Each kept visit has in its own row when the one before it was, in its case and of its team there.
Whatever changes the kept visits of a case has all of them looked through anew, under the case's
lock, so that the order of events does not matter.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Update,
    Uuid,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import case as either
from sqlalchemy import cast as as_type
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.projections import belonging
from services.analytics.projections.rows import fill
from services.analytics.tables import VisitFact
from shared.contracts.case_life import VisitBooked, VisitCancelled, VisitEvent, VisitKept
from shared.messages import Received

STATES: dict[type[VisitEvent], str] = {
    VisitBooked: "booked",
    VisitKept: "kept",
    VisitCancelled: "cancelled",
}
KEPT = STATES[VisitKept]


@dataclass(frozen=True)
class _Held:
    """The cases that are held for a visit's sake, and whether it is or was among their kept."""

    cases: frozenset[UUID] = frozenset()
    kept: bool = False

    @property
    def allows(self) -> ColumnElement[bool]:
        """Whether the visit as it stands may be changed: it has not become another case's, or a
        kept one, before these were held."""
        of_these = col(VisitFact.case_id).in_(self.cases)
        return of_these if self.kept else of_these & (col(VisitFact.state) != KEPT)


async def learn(session: AsyncSession, event: Received) -> None:
    """How the visit stands, under its case as that is now."""
    data = cast(VisitEvent, event.data)
    held = await _hold(session, data, _Held(kept=isinstance(data, VisitKept)))
    while not await _write(session, data, held):
        held = await _hold(session, data, held)
    if held.kept:
        await recount(session, held.cases)


async def recount(session: AsyncSession, cases: Collection[UUID]) -> None:
    """Tells the visits of cases that are held anew which was kept before each."""
    await session.execute(_RECOUNT, {"held": list(cases)})


async def _hold(session: AsyncSession, data: VisitEvent, held: _Held) -> _Held:
    """Holds the visit's case, and the one it was told of under before; always in one order."""
    its = {"its_case": data.aggregate_id, "its_id": data.visit_id}
    found = (await session.execute(_HOLD, its)).all()
    cases = held.cases.union(row.case_id for row in found)
    return _Held(cases, held.kept or any(row.kept for row in found))


async def _write(session: AsyncSession, data: VisitEvent, held: _Held) -> bool:
    """Unless what is held does not allow it any more: False."""
    found = belonging.the_case(data.aggregate_id)
    if await _fill(session, data, held, belonging.of_case(), found):
        return True
    return await _fill(session, data, held, belonging.OF_NO_CASE)


async def _fill(
    session: AsyncSession,
    data: VisitEvent,
    held: _Held,
    taken: Mapping[str, Any],
    beside: Select[Any] | None = None,
) -> bool:
    facts = {
        "case_id": data.aggregate_id,
        "team": data.team,
        "scheduled_at": data.scheduled_at,
        "location": data.location,
        "state": STATES[type(data)],
        **taken,
    }
    return await fill(
        session,
        VisitFact,
        {"visit_id": data.visit_id},
        newer={"version": facts},
        version=data.version,
        beside=beside,
        only=held.allows,
    )


def _holding() -> Select[Any]:
    its_case, its_id = bindparam("its_case", type_=Uuid()), bindparam("its_id", type_=Uuid())
    visit = VisitFact.__table__.c  # type: ignore[attr-defined]
    now = select(its_case.label("case_id"), literal(False).label("kept"))
    before = select(visit.case_id, visit.state == KEPT).where(visit.visit_id == its_id)
    both = now.union_all(before).subquery()
    case_id = both.c.case_id
    ordered = (
        select(case_id, func.bool_or(both.c.kept).label("kept"))
        .group_by(case_id)
        .order_by(case_id)
        .subquery()
        .c
    )
    lock = belonging.lock_of(as_type(ordered.case_id, Text))
    return select(ordered.case_id, ordered.kept, lock)


def _recounting() -> Update:
    own = VisitFact.__table__  # type: ignore[attr-defined]
    visit = own.alias("visit").c
    team = func.coalesce(visit.team, visit.case_team)
    told = {"kept_before": _before(visit), "team_kept_before": _before(visit, team)}
    found = (
        select(visit.visit_id, *(value.label(name) for name, value in told.items()))
        .where(visit.case_id.in_(bindparam("held", expanding=True)))
        .subquery()
        .c
    )
    changed = or_(*(own.c[name].is_distinct_from(found[name]) for name in told))
    news = {name: found[name] for name in told}
    return update(own).values(news).where(own.c.visit_id == found.visit_id, changed)


def _before(visit: Any, *within: ColumnElement[Any]) -> ColumnElement[Any]:
    """When the visit before was kept; of one that was not kept itself, nothing."""
    kept = visit.state == KEPT
    before = func.lag(visit.scheduled_at).over(
        partition_by=(visit.case_id, kept, *within), order_by=(visit.scheduled_at, visit.visit_id)
    )
    return either((kept, before))


_HOLD, _RECOUNT = _holding(), _recounting()
"""Put together once: every event of a visit needs them."""
