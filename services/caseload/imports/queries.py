"""Following a history import: its sender's team sees it, and who speaks for no team."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.imports.rules import Outcome
from services.caseload.imports.schemas import Counts, ImportView, LineError, ResultView
from services.caseload.tables import CaseImport, CaseImportResult
from shared import audit
from shared.auth import Caller
from shared.jobs import JobState
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import INVALID_CURSOR, NOT_FOUND, Problem

_LAST_LINE = 2**31 - 1


async def read_import(session: AsyncSession, caller: Caller, import_id: UUID) -> ImportView:
    """The import. Another team's is `not_found`."""
    async with session.begin():
        return view(await _own(session, caller, import_id))


async def list_results(
    session: AsyncSession,
    caller: Caller,
    import_id: UUID,
    outcome: Outcome | None,
    *,
    limit: int,
    cursor: str | None,
) -> Page[ResultView]:
    """A page of what became of the lines, in their order. The look is logged."""
    behind = _line_of(cursor)
    async with session.begin():
        job = await _own(session, caller, import_id)
        query = (
            select(CaseImportResult)
            .where(col(CaseImportResult.import_id) == job.id, col(CaseImportResult.line) > behind)
            .order_by(col(CaseImportResult.line))
            .limit(limit + 1)
        )
        if outcome is not None:
            query = query.where(col(CaseImportResult.outcome) == outcome)
        rows = (await session.scalars(query)).all()
        await audit.record(session, caller, entry("case_import.read", job))
        return page_of(rows, limit, lambda row: UUID(int=row.line), _result)


def view(job: CaseImport) -> ImportView:
    """The import as its sender sees it."""
    counts = Counts(
        lines=job.accepted + job.duplicates + job.refused,
        accepted=job.accepted,
        duplicates=job.duplicates,
        refused=job.refused,
    )
    return ImportView.model_validate(
        {
            "id": job.id,
            "state": job.state,
            "lines": job.lines,
            "counts": counts,
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
        }
    )


def entry(action: str, job: CaseImport) -> audit.Entry:
    """The audit row of an act on a whole import."""
    return audit.Entry(action, "case_import", subject_id=job.id, purpose="administration")


async def _own(session: AsyncSession, caller: Caller, import_id: UUID) -> CaseImport:
    job = await session.get(CaseImport, import_id)
    if job is None or job.state == JobState.RECEIVING:
        raise Problem(NOT_FOUND)
    if caller.org not in (None, job.caller_org):
        raise Problem(NOT_FOUND)
    return job


def _result(row: CaseImportResult) -> ResultView:
    return ResultView(
        line=row.line,
        outcome=Outcome(row.outcome),
        external_id=row.external_id,
        case=row.case_id,
        errors=[LineError.model_validate(error) for error in row.errors],
    )


def _line_of(cursor: str | None) -> int:
    """The line a cursor points behind."""
    behind = decode_cursor(cursor)
    if behind is None:
        return 0
    if behind.int > _LAST_LINE:
        raise Problem(INVALID_CURSOR)
    return behind.int
