"""Mobile share: how much of the work is done where the clients are."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Integer, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import col

from services.analytics.reports.cases import own_rows
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import bounds, on_line, share
from services.analytics.reports.small_numbers import Protection, Sum, rows_of
from services.analytics.tables import MobileTarget, VisitFact
from shared.contracts.codes import VisitLocation

DEFINITION = (
    "Kept visits of the period by team and calendar year of the day they were booked for. mobile: "
    "those at the client's home or elsewhere outside; elsewhere: at the office or remote. share: "
    "mobile of all kept visits of the team and year. target: the share asked to compare with; "
    "without one, where the line through the targets that were put in by year (target_line, with "
    "their sources) is in that year: straight between two, none before the first, level after the "
    "last."
)
MOBILE = (VisitLocation.HOME, VisitLocation.OUTSIDE)
COUNTS = ("kept", "mobile", "elsewhere")


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each team and year with a kept visit, and the points of the line of targets."""
    visit = own_rows(VisitFact, question.of_referral).c
    year = _year(visit.scheduled_at, question).label("year")
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
    rows = (await session.execute(kept)).mappings().all()
    put_in = (await session.scalars(select(MobileTarget).order_by(col(MobileTarget.year)))).all()
    points = {target.year: target.share for target in put_in}
    asked = question.target
    return {
        "rows": [
            _shown(row, on_line(points, row["year"]) if asked is None else asked) for row in rows
        ],
        "target_line": [
            {"year": target.year, "target": target.share, "source": target.source}
            for target in put_in
        ],
    }


def _year(moment: SQLCoreOperations[datetime], question: Question) -> ColumnElement[int]:
    """The Finnish year of a moment of the period."""
    first, last = question.first_day.year, question.last_day.year
    begins = [bounds(day, day)[0] for day in (date(n, 1, 1) for n in range(first + 1, last + 1))]
    changes = literal(begins, ARRAY(DateTime(timezone=True)))
    return func.width_bucket(moment, changes, type_=Integer) + first


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
    adds_up=True,
)
