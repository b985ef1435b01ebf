"""Client flow: who came, who was there before, who left and who stayed."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import cases
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.small_numbers import Protection, Sum

DEFINITION = (
    "Distinct clients who had a case open at some time in the period; who was found to be the same "
    "person counts once. earlier: had a case open when the period began; new: all others. ended: "
    "had no open case when the period ended; continuing, and open_at_end: had one. A case is open "
    "from the moment it was assigned until it was closed. With a filter only the cases it names "
    "are looked at."
)
COUNTS = (
    "distinct_clients",
    "new",
    "earlier",
    "new_ended",
    "new_continuing",
    "earlier_ended",
    "earlier_continuing",
    "ended",
    "open_at_end",
)
SUMS = (
    ("distinct_clients", "new", "earlier"),
    ("distinct_clients", "ended", "open_at_end"),
    ("new", "new_ended", "new_continuing"),
    ("earlier", "earlier_ended", "earlier_continuing"),
    ("ended", "new_ended", "earlier_ended"),
    ("open_at_end", "new_continuing", "earlier_continuing"),
)


async def compute(session: AsyncSession, question: Question) -> Data:
    """The nine figures, over clients."""
    case = cases(question.of_referral).c
    opened, closed = case.opened_at, case.closed_at
    clients = (
        select(
            func.bool_or(opened < question.start).label("earlier"),
            func.bool_or(or_(closed.is_(None), closed >= question.end)).label("open"),
        )
        .where(
            opened < question.end,
            or_(closed.is_(None), closed >= question.start),
            *question.narrowing(case),
        )
        .group_by(case.person)
        .subquery()
    )
    earlier, stays = clients.c.earlier, clients.c.open
    groups = {
        "new": not_(earlier),
        "earlier": earlier,
        "new_ended": and_(not_(earlier), not_(stays)),
        "new_continuing": and_(not_(earlier), stays),
        "earlier_ended": and_(earlier, not_(stays)),
        "earlier_continuing": and_(earlier, stays),
        "ended": not_(stays),
        "open_at_end": stays,
    }
    counted = [func.count().filter(group).label(name) for name, group in groups.items()]
    figures = select(func.count().label("distinct_clients"), *counted).select_from(clients)
    row = (await session.execute(figures)).one()
    return dict(row._mapping)


def _sums(_: Mapping[str, Any]) -> Iterator[Sum]:
    for total, *parts in SUMS:
        yield Sum((total,), tuple((part,) for part in parts))


REPORT = Report(DEFINITION, compute, COUNTS, protects=Protection(counts=COUNTS, sums=_sums))
