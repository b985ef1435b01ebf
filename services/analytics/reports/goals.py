"""Goals: the small goals of the clients' plans, and how many were attained."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import own_rows
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of, rows_of
from services.analytics.tables import GoalFact

DEFINITION = (
    "Goals of clients' plans that were set in the period, and what became of them until now: "
    "attained, dropped, or open still. attained_share: of all that were set. By what they are "
    "about. A goal that is dropped is no failure: plans change with the client's life."
)
COUNTS = ("set", "attained", "dropped", "open")


async def compute(session: AsyncSession, question: Question) -> Data:
    """The figures of all, and a row for each area that occurred."""
    goal = own_rows(GoalFact, question.of_referral).c
    were_set = (
        select(goal.area, goal.state, func.count().label("goals"))
        .where(*question.within(goal.set_at), *question.narrowing(goal))
        .group_by(goal.area, goal.state)
    )
    found = (await session.execute(were_set)).all()
    rows = [
        {"area": area, **_counted([row for row in found if row.area == area])}
        for area in sorted({row.area for row in found})
    ]
    return {**_counted(found), "rows": rows}


def _counted(found: Any) -> dict[str, Any]:
    by_state = {
        state: sum(row.goals for row in found if row.state == state)
        for state in ("set", "attained", "dropped")
    }
    still_open = by_state.pop("set")
    total = still_open + sum(by_state.values())
    attained = share(by_state["attained"], total)
    return {"set": total, **by_state, "open": still_open, "attained_share": attained}


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    yield Sum(("set",), tuple((part,) for part in COUNTS[1:]))
    yield from columns_of(data, "rows", *COUNTS, totals=True)
    yield from rows_of(data, "rows", *COUNTS)


REPORT = Report(
    DEFINITION,
    compute,
    columns=("area", *COUNTS, "attained_share"),
    protects=Protection(counts=COUNTS, rests={"attained_share": ("set", "attained")}, sums=_sums),
    adds_up=True,
)
