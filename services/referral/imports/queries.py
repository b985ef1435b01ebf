"""Following an import: only its own partner sees it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.following.queries import entry
from services.referral.imports.rules import Format, Outcome
from services.referral.imports.schemas import Counts, ImportView, LineError, ResultView
from services.referral.partners.queries import partner_of
from services.referral.tables import Import, ImportResult, Referral
from shared import audit
from shared.auth import Caller
from shared.jobs import JobState
from shared.pagination import Page, decode_number, page_of
from shared.problems import NOT_FOUND, Problem


async def read_import(session: AsyncSession, caller: Caller, import_id: UUID) -> ImportView:
    """The caller's import. Another partner's is `not_found`."""
    async with session.begin():
        return view(await _own(session, caller, import_id))


async def list_results(
    session: AsyncSession,
    caller: Caller,
    import_id: UUID,
    *,
    outcome: Outcome | None,
    limit: int,
    cursor: str | None,
) -> Page[ResultView]:
    """A page of what became of the lines, in their order. The look is logged."""
    behind = decode_number(cursor)
    async with session.begin():
        job = await _own(session, caller, import_id)
        query = (
            select(ImportResult)
            .where(col(ImportResult.import_id) == job.id, col(ImportResult.line) > behind)
            .order_by(col(ImportResult.line))
            .limit(limit + 1)
        )
        if outcome is not None:
            query = query.where(col(ImportResult.outcome) == outcome)
        rows = (await session.scalars(query)).all()
        looks = [audit.Entry("import.read", "import", subject_id=import_id)]
        looks += await _looks_at(session, rows[:limit])
        await audit.record(session, caller, *looks)
    return page_of(rows, limit, lambda row: UUID(int=row.line), _result)


def view(job: Import) -> ImportView:
    """The import as its sender sees it."""
    settled = job.accepted + job.duplicates + job.refused
    return ImportView.model_validate(
        {
            "id": job.id,
            "state": job.state,
            "format": Format(job.format),
            "dry_run": job.dry_run,
            "counts": Counts(
                lines=settled,
                accepted=job.accepted,
                duplicates=job.duplicates,
                refused=job.refused,
            ),
            "errors": job.errors,
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
        }
    )


async def _own(session: AsyncSession, caller: Caller, import_id: UUID) -> Import:
    partner = await partner_of(session, caller)
    job: Import | None = await session.scalar(
        select(Import).where(
            col(Import.id) == import_id,
            col(Import.partner_id) == partner.id,
            col(Import.state) != JobState.RECEIVING,
        )
    )
    if job is None:
        raise Problem(NOT_FOUND)
    return job


async def _looks_at(session: AsyncSession, rows: Sequence[ImportResult]) -> list[audit.Entry]:
    """The audit rows of the referrals that the lines show."""
    shown = [row.referral_id for row in rows if row.referral_id is not None]
    referrals = await session.scalars(select(Referral).where(col(Referral.id).in_(shown)))
    return [entry(referral) for referral in referrals]


def _result(row: ImportResult) -> ResultView:
    return ResultView(
        line=row.line,
        outcome=Outcome(row.outcome),
        referral_id=row.referral_id,
        reference=row.reference,
        errors=[LineError.model_validate(error) for error in row.errors],
    )
