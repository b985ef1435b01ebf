"""Service gaps: holes and bottlenecks of the service system, as workers reported them."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.small_numbers import Protection
from services.analytics.tables import GapFact
from shared.contracts.codes import GapStatus

DEFINITION = (
    "Gaps of the service system that were reported in the period, by type, service and "
    "municipality as they are told now. open: those of them that are not resolved until now. The "
    "same hole reported by two workers is two reports."
)
COUNTS = ("reported", "open")


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each type, service and municipality that occurred."""
    keys = (col(GapFact.type), col(GapFact.service), col(GapFact.municipality))
    gap = GapFact.__table__.c  # type: ignore[attr-defined]
    is_open = gap.status != GapStatus.RESOLVED
    reported = (
        select(
            *keys,
            func.count().label("reported"),
            func.count().filter(is_open).label("open"),
        )
        .where(*question.within(gap.reported_at), *question.narrowing(gap))
        .group_by(*keys)
        .order_by(*keys)
    )
    rows = (await session.execute(reported)).mappings()
    return {"rows": [dict(row) for row in rows]}


REPORT = Report(
    DEFINITION,
    compute,
    columns=("type", "service", "municipality", *COUNTS),
    filters=("team", "county", "municipality"),
    protects=Protection(counts=COUNTS),
)
