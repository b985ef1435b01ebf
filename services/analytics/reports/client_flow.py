"""Client flow: who came, who was there before, who left and who stayed."""

from sqlalchemy import and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.report import Data, Question, Report
from services.analytics.tables import CaseFact

DEFINITION = (
    "Distinct clients who had a case open at some time in the period. earlier: had a case open "
    "when the period began; new: all others. ended: had no open case when the period ended; "
    "continuing, and open_at_end: had one. A case is open from the moment it was assigned until "
    "it was closed. With a filter only the cases it names are looked at."
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


async def compute(session: AsyncSession, question: Question) -> Data:
    """The nine figures, over clients."""
    opened, closed = col(CaseFact.opened_at), col(CaseFact.closed_at)
    conditions = [opened < question.end, or_(closed.is_(None), closed >= question.start)]
    if question.team is not None:
        conditions.append(col(CaseFact.team) == question.team)
    if question.county is not None:
        conditions.append(col(CaseFact.county) == question.county)
    clients = (
        select(
            func.bool_or(opened < question.start).label("earlier"),
            func.bool_or(or_(closed.is_(None), closed >= question.end)).label("open"),
        )
        .where(*conditions)
        .group_by(col(CaseFact.client_ref))
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


REPORT = Report(DEFINITION, ("team", "county"), compute, columns=COUNTS, counts=COUNTS)
