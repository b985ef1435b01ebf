"""Following a history import: its sender's team sees it, and who speaks for no team."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases import queries as cases
from services.caseload.imports.rules import Outcome
from services.caseload.imports.schemas import Counts, ImportView, LineError, ResultView
from services.caseload.tables import Case, CaseImport, CaseImportResult
from shared import audit
from shared.auth import Caller
from shared.jobs import JobState
from shared.pagination import Page, decode_number, page_of
from shared.problems import NOT_FOUND, Problem


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
    behind = decode_number(cursor)
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
        looks = [entry("case_import.read", job), *await _looks_at(session, rows[:limit])]
        await audit.record(session, caller, *looks)
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


async def _looks_at(session: AsyncSession, rows: Sequence[CaseImportResult]) -> list[audit.Entry]:
    """The audit rows of the cases that the lines show."""
    shown = [row.case_id for row in rows if row.case_id is not None]
    found = await session.scalars(select(Case).where(col(Case.id).in_(shown)))
    return [cases.entry("case.read", case) for case in found]


def _result(row: CaseImportResult) -> ResultView:
    return ResultView(
        line=row.line,
        outcome=Outcome(row.outcome),
        external_id=row.external_id,
        case=row.case_id,
        errors=[LineError.model_validate(error) for error in row.errors],
    )
