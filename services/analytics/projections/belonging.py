"""What facts have of their case in their own rows: its team, county and municipality, so that
reports find and count a county's without a look at the cases.

A fact may come before its case, or at the same moment in another transaction. Who writes a fact
keeps its case as it is (FOR SHARE); while there is no case to keep, an advisory lock stands for it,
which whoever opens a case takes too. Who writes a visit takes it always (`visits`).
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    Text,
    Update,
    Uuid,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import SQLModel

from services.analytics.tables import (
    CaseFact,
    GoalFact,
    HandoverFact,
    HousingFact,
    MotivationFact,
    VisitFact,
)

Write = Callable[[Mapping[str, Any], Select[Any] | None], Awaitable[bool]]
"""Writes a fact with what it has of its case, as columns of the row that the query finds, and says
whether there was such a row; without a query it has nothing of a case."""

FACTS: Collection[type[SQLModel]] = (
    VisitFact,
    GoalFact,
    MotivationFact,
    HousingFact,
    HandoverFact,
)
_TAKEN = {"case_team": "team", "county": "county", "municipality": "municipality"}
"""What a fact's row has of its case, and how the case calls it."""
OF_NO_CASE: Mapping[str, Any] = dict.fromkeys(_TAKEN)


async def write(session: AsyncSession, case_id: UUID, fact: Write) -> None:
    """Has a fact written under its case as that is now, and will be until the transaction ends."""
    its_case = the_case(case_id).with_for_update(read=True)
    if await fact(of_case(), its_case):
        return
    await hold(session, case_id)
    if not await fact(of_case(), its_case):
        await fact(OF_NO_CASE, None)


def the_case(case_id: UUID) -> Select[Any]:
    """Finds the case, if something was told of it."""
    case = CaseFact.__table__.c  # type: ignore[attr-defined]
    return select().where(case.case_id == case_id)


def of_case() -> Mapping[str, Any]:
    """What a fact's row has of the case that `the_case` finds."""
    case = CaseFact.__table__.c  # type: ignore[attr-defined]
    return {name: case[its] for name, its in _TAKEN.items()}


async def hold(session: AsyncSession, case_id: UUID) -> None:
    """Until the transaction ends nobody else opens the case, writes a visit of it, or adds a fact
    while there is no case."""
    await session.execute(_HOLD, {"held": str(case_id)})


def lock_of(case_id: SQLCoreOperations[str]) -> ColumnElement[None]:
    """Takes the lock that stands for a case."""
    return func.pg_advisory_xact_lock(func.hashtextextended("case/" + case_id, 0))


async def follow(session: AsyncSession, case_id: UUID) -> bool:
    """The facts of a case that was told of anew are counted under it as it is now. Whether any was
    counted otherwise before."""
    done = [await session.execute(each, {"held": case_id}) for each in _FOLLOW]
    return any(cast(CursorResult[Any], each).rowcount for each in done)


def _following(fact: type[SQLModel]) -> Update:
    own, case = fact.__table__, CaseFact.__table__.c  # type: ignore[attr-defined]
    changed = or_(*(own.c[name].is_distinct_from(value) for name, value in of_case().items()))
    held = bindparam("held", type_=Uuid())
    of_it = (own.c.case_id == held, case.case_id == held)
    return update(own).values(dict(of_case())).where(*of_it, changed)


_HOLD = select(lock_of(bindparam("held", type_=Text())))
_FOLLOW = [_following(fact) for fact in FACTS]
"""Put together once, as every event of a visit or a case needs one."""
