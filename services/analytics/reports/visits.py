"""Visits: how many were booked, kept and cancelled, and where clients were met."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import own_rows
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of, rows_of
from services.analytics.tables import VisitFact
from shared.contracts.codes import VisitLocation

DEFINITION = (
    "Visits that were booked for a day of the period, whenever they were booked, and what became "
    "of them until now; those neither kept nor cancelled are open. cancelled_share: of all that "
    "were booked. By location: the kept visits, share of all kept ones. By month of the day that "
    "was booked."
)
STATES = ("kept", "cancelled")
COUNTS = ("booked", *STATES, "open")


async def compute(session: AsyncSession, question: Question) -> Data:
    """All visits of the period, a row for every location, and one for each month that had some."""
    visit = own_rows(VisitFact, question.of_referral).c
    month = func.date_trunc("month", func.timezone("Europe/Helsinki", visit.scheduled_at))
    booked = (
        select(month.label("month"), visit.location, visit.state, func.count().label("visits"))
        .where(*question.within(visit.scheduled_at), *question.narrowing(visit))
        .group_by(month, visit.location, visit.state)
    )
    found = (await session.execute(booked)).all()
    total = _counted(found)
    kept = [row for row in found if row.state == "kept"]
    at = {
        location: sum(row.visits for row in kept if row.location == location)
        for location in VisitLocation
    }
    return {
        **total,
        "rows": [
            {"location": location, "kept": count, "share": share(count, total["kept"])}
            for location, count in at.items()
        ],
        "months": [
            {"month": f"{month:%Y-%m}", **_counted([row for row in found if row.month == month])}
            for month in sorted({row.month for row in found})
        ],
    }


def _counted(found: Any) -> dict[str, Any]:
    booked = sum(row.visits for row in found)
    kept, cancelled = (sum(row.visits for row in found if row.state == state) for state in STATES)
    counts = (booked, kept, cancelled, booked - kept - cancelled)
    return {
        **dict(zip(COUNTS, counts, strict=True)),
        "cancelled_share": share(cancelled, booked),
    }


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    yield Sum(("booked",), tuple((part,) for part in COUNTS[1:]))
    yield from columns_of(data, "rows", "kept", totals=True)
    yield from columns_of(data, "months", *COUNTS, totals=True)
    yield from rows_of(data, "months", *COUNTS)


REPORT = Report(
    DEFINITION,
    compute,
    columns=("location", "kept", "share"),
    protects=Protection(
        counts=COUNTS,
        rests={"cancelled_share": ("booked", "cancelled"), "share": ("kept", "/kept")},
        sums=_sums,
    ),
    adds_up=True,
)
