"""Age groups: clients by age."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import cases
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of

DEFINITION = (
    "Distinct clients who had a case open at some time in the period, by their age group when they "
    "were referred, or when the case was opened if it is of imported history; of several cases the "
    "one opened last. `unknown` is also who came without a referral. share: of all these clients."
)
UNKNOWN = "unknown"


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each age group that occurred, in the order of their codes."""
    case = cases().c
    clients = (
        select(func.coalesce(case.age_group, UNKNOWN).label("age_group"))
        .ext(distinct_on(case.person))
        .where(
            case.opened_at < question.end,
            or_(case.closed_at.is_(None), case.closed_at >= question.start),
            *question.narrowing(case),
        )
        .order_by(case.person, case.opened_at.desc(), case.case_id)
        .subquery()
    )
    group = clients.c.age_group
    counted = select(group, func.count().label("clients")).group_by(group).order_by(group)
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
    columns=("age_group", "clients", "share"),
    protects=Protection(counts=("clients",), rests={"share": ("clients", "/clients")}, sums=_sums),
)
