"""Motivation: how clients' own points moved; in neither direction better or worse (LiiTu)."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import median, own_rows
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import rounded, share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of
from services.analytics.tables import MotivationFact

DEFINITION = (
    "Cases in which the client's motivation points (1-10) were written down at least twice in the "
    "period, by how the last points stand to the first: more, as many, or fewer. The medians are "
    "those of the first and of the last points of the same cases, exact. Points are no grade: "
    "fewer can mean that the need has fallen, so no direction is a better one."
)
NOTE = (
    "Fewer points can mean that the client's need has fallen; they are not a sign of things "
    "getting worse."
)
CHANGES = ("more_points", "as_many_points", "fewer_points")


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each way that points may have gone."""
    reading = own_rows(MotivationFact, question.of_referral).c
    values = func.array_agg(aggregate_order_by(reading.value, reading.at, reading.version))
    ends = (
        select(values.label("values"))
        .where(*question.within(reading.at), *question.narrowing(reading))
        .group_by(reading.case_id)
        .having(func.count() > 1)
        .subquery()
    )
    first = ends.c["values"][1]
    last = ends.c["values"][func.cardinality(ends.c["values"])]
    figures = select(
        func.count().filter(last > first),
        func.count().filter(last == first),
        func.count().filter(last < first),
        median(first),
        median(last),
    ).select_from(ends)
    *counts, median_first, median_last = (await session.execute(figures)).one()
    total = sum(counts)
    return {
        "cases": total,
        "median_first": rounded(median_first),
        "median_last": rounded(median_last),
        "rows": [
            {"change": change, "cases": count, "share": share(count, total)}
            for change, count in zip(CHANGES, counts, strict=True)
        ],
    }


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    return columns_of(data, "rows", "cases", totals=True)


REPORT = Report(
    DEFINITION,
    compute,
    columns=("change", "cases", "share"),
    protects=Protection(
        counts=("cases",),
        rests={
            "median_first": ("cases",),
            "median_last": ("cases",),
            "share": ("cases", "/cases"),
        },
        sums=_sums,
    ),
    notes=(NOTE,),
)
