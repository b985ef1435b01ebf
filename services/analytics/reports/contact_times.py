"""Contact times: how fast clients were reached."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import cases, median, p90
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import rounded, share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of, rows_of

DEFINITION = (
    "Working hours (8-16 on Finnish working days) from the receipt of a case's first referral to "
    "the moment when the client was first reached, of the cases whose client was reached in the "
    "period; by the kind of the referral's sender and its urgency. within_deadline_share: of the "
    "same cases, those reached by the time that the team had set itself. Median and 90th "
    "percentile are exact, between two values by linear interpolation. A case of imported history "
    "tells neither moment and is not counted."
)
COUNTS = ("n", "within_deadline", "late")
FIGURES = ("median_working_hours", "p90_working_hours", "within_deadline_share")


async def compute(session: AsyncSession, question: Question) -> Data:
    """The figures of all, and a row for each source and urgency that occurred."""
    case = cases(of_person=False).c
    source, urgency = case.source_kind, case.urgency
    hours = func.greatest(case.contacted_hours - case.received_hours, 0)
    reached = (
        select(
            source,
            urgency,
            func.grouping(source).label("is_total"),
            *_figures(hours, case.within_deadline),
        )
        .where(
            *question.within(case.contacted_at),
            case.received_hours.is_not(None),
            *question.narrowing(case),
        )
        .group_by(func.grouping_sets(tuple_(), tuple_(source, urgency)))
        .order_by(source, urgency)
    )
    found = (await session.execute(reached)).all()
    [total] = [_shown(row) for row in found if row.is_total]
    rows = [
        {"source_kind": row.source_kind, "urgency": row.urgency, **_shown(row)}
        for row in found
        if not row.is_total
    ]
    return {**total, "rows": rows}


def _figures(
    hours: ColumnElement[float], within: ColumnElement[bool]
) -> tuple[ColumnElement[Any], ...]:
    return (
        func.count().label("n"),
        func.count().filter(within).label("within_deadline"),
        median(hours).label("median"),
        p90(hours).label("p90"),
    )


def _shown(row: Any) -> dict[str, Any]:
    figures = (
        rounded(row.median, 2),
        rounded(row.p90, 2),
        share(row.within_deadline, row.n),
    )
    counts = (row.n, row.within_deadline, row.n - row.within_deadline)
    return dict(zip((*COUNTS, *FIGURES), (*counts, *figures), strict=True))


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    yield Sum(("n",), (("within_deadline",), ("late",)))
    yield from columns_of(data, "rows", *COUNTS, totals=True)
    yield from rows_of(data, "rows", "n", "within_deadline", "late")


REPORT = Report(
    DEFINITION,
    compute,
    columns=("source_kind", "urgency", *COUNTS, *FIGURES),
    protects=Protection(
        counts=COUNTS,
        rests={
            "median_working_hours": ("n",),
            "p90_working_hours": ("n",),
            "within_deadline_share": COUNTS,
        },
        sums=_sums,
    ),
    adds_up=True,
)
