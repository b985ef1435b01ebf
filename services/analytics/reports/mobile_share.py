"""Mobile share: how much of the work is done where the clients are."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import with_case
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Protection, Sum, rows_of
from services.analytics.tables import VisitFact
from shared.contracts.codes import VisitLocation

DEFINITION = (
    "Kept visits of the period by team and calendar year of the day they were booked for. mobile: "
    "those at the client's home or elsewhere outside; elsewhere: at the office or remote. share: "
    "mobile of all kept visits of the team and year. target: the share asked to compare with, or "
    "null."
)
MOBILE = (VisitLocation.HOME, VisitLocation.OUTSIDE)
COUNTS = ("kept", "mobile", "elsewhere")


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each team and year with a kept visit."""
    visit = with_case(VisitFact).c
    local = func.timezone("Europe/Helsinki", visit.scheduled_at)
    year = cast(func.extract("year", local), Integer).label("year")
    is_mobile = visit.location.in_(MOBILE)
    kept = (
        select(
            visit.team.label("unit"),
            year,
            func.count().label("kept"),
            func.count().filter(is_mobile).label("mobile"),
            func.count().filter(~is_mobile).label("elsewhere"),
        )
        .where(
            visit.state == "kept",
            *question.within(visit.scheduled_at),
            *question.narrowing(visit),
        )
        .group_by(visit.team, year)
        .order_by(visit.team, year)
    )
    rows = (await session.execute(kept)).mappings()
    return {"rows": [_shown(row, question.target) for row in rows]}


def _shown(row: Any, target: float | None) -> dict[str, Any]:
    unit = None if row["unit"] is None else str(row["unit"])
    return {**row, "unit": unit, "share": share(row["mobile"], row["kept"]), "target": target}


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    return rows_of(data, "rows", *COUNTS)


REPORT = Report(
    DEFINITION,
    compute,
    columns=("unit", "year", *COUNTS, "share", "target"),
    options=("target",),
    protects=Protection(counts=COUNTS, rests={"share": COUNTS}, sums=_sums),
)
