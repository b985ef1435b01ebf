"""Durations: how long cases lasted, and whether those that began later were shorter."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import cases, finnish_day, median, p90
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import rounded
from services.analytics.reports.small_numbers import Protection, Sum, columns_of, rows_of

DEFINITION = (
    "Days from the day a case was opened to the day it was closed, in Finland, of the cases that "
    "ended in the period. Buckets, in days: up to 30, 31-91, 92-182, 183-365, over 365. The median "
    "and the 90th percentile are exact, between two values by linear interpolation. With "
    "`split_on` the cases are also told apart by their opening: `before` that day, and `after`, "
    "which is that day or later. Longer lasting cases of a late cohort have not ended yet, so the "
    "cohorts compare only when the period reaches far enough beyond the day."
)
BUCKETS = {
    "up_to_1_month": (0, 30),
    "1_to_3_months": (31, 91),
    "3_to_6_months": (92, 182),
    "6_to_12_months": (183, 365),
    "over_1_year": (366, None),
}
COHORTS = ("before", "after")
FIGURES = ("median_days", "mean_days", "p90_days")


async def compute(session: AsyncSession, question: Question) -> Data:
    """The figures of all cases; with a day to split on, those of both cohorts too."""
    everybody = await _of(session, question)
    rows = [{"bucket": bucket, "cases": everybody.pop(bucket)} for bucket in BUCKETS]
    split_on = question.split_on
    if split_on is None:
        return {**everybody, "rows": rows, "cohorts": []}
    cohorts = []
    for name in COHORTS:
        figures = await _of(session, question, **{name: split_on})
        for row in rows:
            row[name] = figures.pop(row["bucket"])
        cohorts.append({"cohort": name, **figures})
    return {**everybody, "rows": rows, "cohorts": cohorts}


async def _of(
    session: AsyncSession, question: Question, before: date | None = None, after: date | None = None
) -> dict[str, Any]:
    case = cases(question.of_referral, of_person=False).c
    opened_on = finnish_day(case.opened_at)
    cohort = [opened_on < before] if before else [opened_on >= after] if after else []
    days = (finnish_day(case.closed_at) - opened_on).label("days")
    ended = (
        select(days)
        .where(
            *question.within(case.closed_at),
            case.opened_at.is_not(None),
            *question.narrowing(case),
            *cohort,
        )
        .cte("ended")
        .prefix_with("MATERIALIZED")
        .c.days
    )
    counted = [
        func.count().filter(ended >= least, *([ended <= most] if most else [])).label(bucket)
        for bucket, (least, most) in BUCKETS.items()
    ]
    figures = (median(ended), func.avg(ended), p90(ended))
    row = (await session.execute(select(func.count(ended), *figures, *counted))).one()
    shown = dict(zip(FIGURES, map(rounded, row[1:4]), strict=True))
    return {"cases": row[0], **shown, **dict(zip(BUCKETS, row[4:], strict=True))}


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    yield from columns_of(data, "rows", "cases", totals=True)
    if not data["cohorts"]:
        return
    yield from columns_of(data, "cohorts", "cases", totals=True)
    yield from rows_of(data, "rows", "cases", *COHORTS)
    for number, name in enumerate(COHORTS):
        parts = tuple(("rows", row, name) for row in range(len(BUCKETS)))
        yield Sum(("cohorts", number, "cases"), parts)


REPORT = Report(
    DEFINITION,
    compute,
    columns=("bucket", "cases", *COHORTS),
    options=("split_on",),
    protects=Protection(
        counts=("cases", *COHORTS), rests=dict.fromkeys(FIGURES, ("cases",)), sums=_sums
    ),
)
