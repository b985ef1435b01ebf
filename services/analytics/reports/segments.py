"""Segments: clients by support need and complexity."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import with_case
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of
from services.analytics.tables import SegmentFact

DEFINITION = (
    "Clients who had a case open at some time in the period and whose segment was known when it "
    "ended, by support need and complexity; both are codes of the county's own lists. Of several "
    "segments the last that was written down by the end of the period. share: of all these clients."
)


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each segment that occurred, in the order of their codes."""
    known = with_case(SegmentFact, question.of_referral).c
    latest = (
        select(known.support_need, known.complexity)
        .ext(distinct_on(known.person))
        .where(
            known.at < question.end,
            known.opened_at < question.end,
            or_(known.closed_at.is_(None), known.closed_at >= question.start),
            *question.narrowing(known),
        )
        .order_by(known.person, known.at.desc(), known.version.desc(), known.case_id)
        .subquery()
    )
    keys = (latest.c.support_need, latest.c.complexity)
    counted = select(*keys, func.count().label("clients")).group_by(*keys).order_by(*keys)
    rows = (await session.execute(counted)).all()
    total = sum(row.clients for row in rows)
    return {
        "clients": total,
        "rows": [{**row._mapping, "share": share(row.clients, total)} for row in rows],
    }


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    return columns_of(data, "rows", "clients", totals=True)


REPORT = Report(
    DEFINITION,
    compute,
    columns=("support_need", "complexity", "clients", "share"),
    protects=Protection(counts=("clients",), rests={"share": ("clients", "/clients")}, sums=_sums),
)
