"""Endings: why cases ended."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import cases
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of

DEFINITION = (
    "Cases that ended in the period, by the reason of their end; a client who came back and left "
    "again has two. share: of all cases that ended in the period, under the same filters. A case "
    "of imported history that told no reason counts as `other`."
)


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each reason that occurred, in the order of their codes."""
    case = cases(question.of_referral, of_person=False).c
    reason = case.closing_reason
    ended = select(reason, func.count().label("cases")).where(
        *question.within(case.closed_at), *question.narrowing(case)
    )
    rows = (await session.execute(ended.group_by(reason).order_by(reason))).all()
    total = sum(row.cases for row in rows)
    return {"rows": [{**row._mapping, "share": share(row.cases, total)} for row in rows]}


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    return columns_of(data, "rows", "cases")


REPORT = Report(
    DEFINITION,
    compute,
    columns=("closing_reason", "cases", "share"),
    protects=Protection(counts=("cases",), rests={"share": ("cases",)}, sums=_sums),
    adds_up=True,
)
