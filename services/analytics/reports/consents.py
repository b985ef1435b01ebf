"""Consents: what clients permitted and forbade, per direction."""

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.cases import cases
from services.analytics.reports.persons import persons
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.small_numbers import Protection
from services.analytics.tables import ConsentFact

DEFINITION = (
    "Consents by direction: given (valid from a moment of the period), revoked (in the period) and "
    "in_force (when the period ended: given, not revoked, not run out); and denied: prohibitions "
    "said in the period. `every_direction` is a prohibition of all directions. A consent counts "
    "under a filter when its client has a case that the filter names."
)
COUNTS = ("given", "revoked", "in_force", "denied")
EVERY = "every_direction"


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each direction that occurred, in the order of their codes."""
    consent = ConsentFact.__table__.c  # type: ignore[attr-defined]
    known, direction = persons(), func.coalesce(consent.direction, EVERY).label("direction")
    in_force = (
        consent.given_at < question.end,
        or_(consent.valid_to.is_(None), consent.valid_to >= question.end),
        or_(consent.revoked_at.is_(None), consent.revoked_at >= question.end),
    )
    counted = {
        "given": question.within(consent.given_at),
        "revoked": question.within(consent.revoked_at),
        "in_force": in_force,
        "denied": question.within(consent.denied_at),
    }
    statement = select(
        direction,
        *(func.count().filter(*which).label(name) for name, which in counted.items()),
    ).outerjoin_from(ConsentFact, known, known.c.ref == col(ConsentFact.client_ref))
    case = cases(question.of_referral).c
    if narrowing := question.narrowing(case):
        person = func.coalesce(known.c.person, consent.client_ref)
        statement = statement.where(person.in_(select(case.person).where(*narrowing)))
    rows = (await session.execute(statement.group_by(direction).order_by(direction))).mappings()
    return {"rows": [dict(row) for row in rows if any(row[name] for name in COUNTS)]}


REPORT = Report(
    DEFINITION,
    compute,
    columns=("direction", *COUNTS),
    protects=Protection(counts=COUNTS),
)
