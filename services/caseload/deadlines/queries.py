"""Which cases and places in line are past a deadline that nobody met."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.deadlines import rules
from services.caseload.deadlines.rules import Kind, When
from services.caseload.tables import Case, CaseClock, CaseLife, WaitlistPlace
from shared.calendar import finnish_day, midnight_after
from shared.contracts.codes import CaseStatus

Ids = Select[tuple[UUID]]


def unreached() -> ColumnElement[bool]:
    """A case whose client is still to be reached."""
    return and_(col(Case.contacted_at).is_(None), col(Case.status) != CaseStatus.CLOSED)


def unassessed() -> ColumnElement[bool]:
    """A case, joined with its clock, whose assessment is still to begin by a day of the law's."""
    begun = select(col(CaseLife.case_id)).where(
        col(CaseLife.case_id) == col(Case.id), col(CaseLife.assessment_started_at).is_not(None)
    )
    return and_(
        col(CaseClock.assessment_due_on).is_not(None),
        col(Case.status) != CaseStatus.CLOSED,
        ~begun.exists(),
    )


def is_due(when: When, now: datetime) -> ColumnElement[bool]:
    """A case with a deadline that nobody met yet, and that has passed or is to come so soon."""
    contact_due_at, due_on = col(Case.contact_due_at), col(CaseClock.assessment_due_on)
    today = finnish_day(now)
    if when == When.OVERDUE:
        contact, assessment = contact_due_at < now, due_on < today
    else:
        last = rules.last_day_of(when, today)
        contact = and_(contact_due_at >= now, contact_due_at < midnight_after(last))
        assessment = due_on.between(today, last)
    clock = select(col(CaseClock.case_id)).where(
        col(CaseClock.case_id) == col(Case.id), unassessed(), assessment
    )
    return or_(and_(unreached(), contact), clock.correlate(Case).exists())


async def untold(
    session: AsyncSession, now: datetime, *, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """Ids, in order, of what is past a deadline of which that was not told yet."""
    contact = col(CaseClock.contact_overdue_at).is_(None)
    assessment = col(CaseClock.assessment_overdue_at).is_(None)
    found = union(
        *(statement.where(contact) for statement in _overdue(Kind.CONTACT, now)),
        *(statement.where(assessment) for statement in _overdue(Kind.ASSESSMENT, now)),
    ).subquery()
    statement = select(found.c.id).order_by(found.c.id).limit(limit)
    if after is not None:
        statement = statement.where(found.c.id > after)
    return (await session.scalars(statement)).all()


async def count_overdue(session: AsyncSession, kind: Kind, now: datetime) -> int:
    """How many are past a deadline of this kind now, told or not."""
    both: CompoundSelect[tuple[UUID]] = union(*_overdue(kind, now))
    return await session.scalar(select(func.count()).select_from(both.subquery())) or 0


def _overdue(kind: Kind, now: datetime) -> tuple[Ids, Ids]:
    """The cases, and the places in line, that are past a deadline of this kind."""
    cases: Ids = select(col(Case.id).label("id")).outerjoin(
        CaseClock, col(CaseClock.case_id) == col(Case.id)
    )
    places: Ids = select(col(WaitlistPlace.id).label("id")).outerjoin(
        CaseClock, col(CaseClock.case_id) == col(WaitlistPlace.id)
    )
    if kind == Kind.CONTACT:
        return (
            cases.where(unreached(), col(Case.contact_due_at) < now),
            places.where(col(WaitlistPlace.contact_due_at) < now),
        )
    passed = col(CaseClock.assessment_due_on) < finnish_day(now)
    return cases.where(unassessed(), passed), places.where(passed)
