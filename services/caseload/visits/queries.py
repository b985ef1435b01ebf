"""Reading the visits of a case; whoever shows them logs it in the transaction."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases import queries as cases
from services.caseload.notices import Notice
from services.caseload.tables import Visit
from services.caseload.visits.rules import VisitState
from services.caseload.visits.schemas import VisitView
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import (
    Profession,
    VisitCancelledBy,
    VisitCancelReason,
    VisitLocation,
)
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


async def list_visits(
    session: AsyncSession, caller: Caller, case_id: UUID, *, limit: int, cursor: str | None
) -> Page[VisitView]:
    """A page of the visits of a case in sight, the latest booked first. Raises `not_found`."""
    async with session.begin():
        case = await cases.find(session, caller, case_id)
        await audit.record(session, caller, cases.entry("case.read", case))
        return await visits_of(session, case_id, limit=limit, cursor=cursor)


async def visits_of(
    session: AsyncSession, case_id: UUID, *, limit: int, cursor: str | None = None
) -> Page[VisitView]:
    """A page of the visits of a case."""
    conditions = [col(Visit.case_id) == case_id]
    behind = decode_cursor(cursor)
    if behind is not None:
        conditions.append(col(Visit.id) < behind)
    rows = await session.scalars(
        select(Visit).where(*conditions).order_by(col(Visit.id).desc()).limit(limit + 1)
    )
    return page_of(rows.all(), limit, lambda visit: visit.id, view_of)


async def get_visit(session: AsyncSession, case_id: UUID, visit_id: UUID) -> Visit:
    """A visit of the case. Raises `not_found`."""
    visit = await session.get(Visit, visit_id)
    if visit is None or visit.case_id != case_id:
        raise Problem(NOT_FOUND)
    return visit


async def booked_visits(session: AsyncSession, case_id: UUID) -> list[Visit]:
    """The visits of a case that are neither kept nor called off, in the order of booking."""
    booked = (col(Visit.case_id) == case_id, col(Visit.state) == VisitState.BOOKED)
    return list(await session.scalars(select(Visit).where(*booked).order_by(col(Visit.id))))


async def nurse_meetings(session: AsyncSession, case_id: UUID) -> int:
    """How many meetings with a psychiatric nurse were kept in the case, or are still booked."""
    count = await session.scalar(
        select(func.count()).where(
            col(Visit.case_id) == case_id,
            col(Visit.state) != VisitState.CANCELLED,
            col(Visit.professions).contains([Profession.PSYCHIATRIC_NURSE]),
        )
    )
    return count or 0


def view_of(visit: Visit, warnings: list[Notice] | None = None) -> VisitView:
    """The visit as its team sees it."""
    by, reason = visit.cancelled_by, visit.cancel_reason
    return VisitView(
        id=visit.id,
        case=visit.case_id,
        status=VisitState(visit.state),
        at=visit.at,
        location=VisitLocation(visit.location),
        with_=[UUID(worker) for worker in visit.workers],
        booked_at=visit.booked_at,
        held_at=visit.held_at,
        cancelled_at=visit.cancelled_at,
        cancelled_by=VisitCancelledBy(by) if by else None,
        cancel_reason=VisitCancelReason(reason) if reason else None,
        warnings=warnings or [],
    )
