"""Looking absences up, of workers of teams that the caller sees."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.absences.schemas import AbsenceView
from services.caseload.sight import in_sight
from services.caseload.tables import Absence, Worker
from shared.auth import Caller
from shared.contracts.codes import AbsenceKind
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


async def worker_in_sight(
    session: AsyncSession, caller: Caller, worker_id: UUID, *, lock: bool = False
) -> Worker:
    """The worker; locked, their cases may still be written. Raises `not_found`."""
    statement = select(Worker).where(
        col(Worker.id) == worker_id, in_sight(caller, col(Worker.team))
    )
    locked = statement.with_for_update(key_share=True)
    worker: Worker | None = await session.scalar(locked if lock else statement)
    if worker is None:
        raise Problem(NOT_FOUND)
    return worker


async def absence_of(session: AsyncSession, worker_id: UUID, absence_id: UUID) -> Absence:
    """The absence of this worker. Raises `not_found`."""
    absence = await session.get(Absence, absence_id)
    if absence is None or absence.worker_id != worker_id:
        raise Problem(NOT_FOUND)
    return absence


async def list_absences(
    session: AsyncSession, caller: Caller, worker_id: UUID, *, limit: int, cursor: str | None
) -> Page[AbsenceView]:
    """A page of a worker's absences, the latest recorded first."""
    await worker_in_sight(session, caller, worker_id)
    conditions = [col(Absence.worker_id) == worker_id]
    behind = decode_cursor(cursor)
    if behind is not None:
        conditions.append(col(Absence.id) < behind)
    rows = await session.scalars(
        select(Absence).where(*conditions).order_by(col(Absence.id).desc()).limit(limit + 1)
    )
    return page_of(rows.all(), limit, lambda row: row.id, view_of)


def view_of(absence: Absence) -> AbsenceView:
    """The absence as an administrator sees it."""
    return AbsenceView(
        id=absence.id,
        worker=absence.worker_id,
        from_day=absence.from_day,
        to_day=absence.to_day,
        kind=AbsenceKind(absence.kind),
        recorded_at=absence.recorded_at,
        cancelled_at=absence.cancelled_at,
    )
