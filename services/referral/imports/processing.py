"""The event process's part of bulk import: every line through the command that takes a referral.

Lines are taken in batches, each one transaction: its referrals, its results and the job's position
are committed together, so that a job which is taken up again, wherever it broke off, goes on behind
what is done. Batches are small, since their locks are held until the commit.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.imports.reading import FAILED, FileReader, Line
from services.referral.imports.records import FileUnreadableError
from services.referral.imports.rules import Outcome
from services.referral.intake import taking
from services.referral.partners.queries import partner_of
from services.referral.settings import Settings
from services.referral.tables import Import, ImportChunk, ImportResult
from shared import outbox
from shared.db import Database
from shared.jobs import JobState, Lease, Runner, finish
from shared.problems import FieldError, Problem

BATCH_LINES = 100


@dataclass(frozen=True)
class Settled:
    """What became of a line."""

    line: int
    outcome: Outcome
    referral_id: UUID | None = None
    reference: str | None = None
    errors: tuple[FieldError, ...] = ()


async def import_for_ever(settings: Settings, database: Database) -> None:
    """The part of the event process that works on imports."""
    await Importer(settings, database).runner.run()


class Importer:
    """Takes the lines of uploaded files, one file at a time."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._cipher = settings.cipher()
        self._index = settings.blind_index()
        self._reader = FileReader(settings, database)
        self.runner: Runner[Import] = Runner(
            database,
            Import,
            self._work,
            _fail,
            lease_seconds=settings.job_lease_seconds,
            poll_seconds=settings.job_poll_seconds,
        )

    async def _work(self, lease: Lease[Import]) -> None:
        with suppress_instrumentation():
            async with self._database.sessions() as session:
                job = await session.get_one(Import, lease.job_id)
            try:
                async for batch in self._batches(job):
                    await lease.together_or_singly(
                        batch, partial(self._commit, lease), partial(self._set_aside, lease)
                    )
                    for line in batch:
                        line.span.end()
            except FileUnreadableError as error:
                await self._end(lease, JobState.FAILED, error.errors)
            else:
                await self._end(lease, JobState.DONE)

    async def _batches(self, job: Import) -> AsyncIterator[list[Line]]:
        """The lines behind the job's position, a batch at a time."""
        batch: list[Line] = []
        names: set[tuple[str, str]] = set()
        async for line in self._reader.lines(job):
            of_line = line.referral.names if line.referral else set()
            if len(batch) == BATCH_LINES or not names.isdisjoint(of_line):
                yield batch
                batch, names = [], set()
            batch.append(line)
            names |= of_line
        if batch:
            yield batch

    async def _commit(self, lease: Lease[Import], batch: Sequence[Line]) -> None:
        """The referrals, the results, the counts and the position of a batch, and its events."""
        async with self._database.sessions() as session, session.begin():
            job = await lease.prolonged(session)
            settled, messages = await self._take(session, job, batch)
            job.position = batch[-1].number
            _count(job, settled)
            await session.execute(
                insert(ImportResult),
                [_row(job.id, line) for line in settled],
                execution_options={"render_nulls": True},
            )
            await session.flush()
            await outbox.append(session, messages)

    async def _set_aside(self, lease: Lease[Import], line: Line) -> None:
        await self._commit(lease, [replace(line, referral=None, errors=(FAILED,))])

    async def _take(
        self, session: AsyncSession, job: Import, batch: Sequence[Line]
    ) -> tuple[list[Settled], list[outbox.Message]]:
        """What became of each line, in their order."""
        referrals = [line.referral for line in batch if line.referral is not None]
        if job.dry_run or not referrals:
            return [_untaken(line) for line in batch], []
        try:
            partner = await partner_of(session, job.caller)
        except Problem as problem:
            return [_refused(line, problem) for line in batch], []
        taken = await taking.take(
            session, self._cipher, self._index, job.caller, partner, referrals
        )
        outcomes = iter(taken.outcomes)
        settled = [
            _untaken(line) if line.referral is None else _settled(line, next(outcomes))
            for line in batch
        ]
        return settled, taken.messages

    async def _end(
        self, lease: Lease[Import], state: JobState, errors: Sequence[FieldError] = ()
    ) -> None:
        async with self._database.sessions() as session, session.begin():
            job = await lease.prolonged(session)
            job.errors = [vars(error) for error in errors]
            await _erase_file(session, job)
            finish(job, state)


async def _fail(session: AsyncSession, job: Import) -> None:
    job.errors = [vars(FAILED)]
    await _erase_file(session, job)


async def _erase_file(session: AsyncSession, job: Import) -> None:
    await session.execute(delete(ImportChunk).where(col(ImportChunk.import_id) == job.id))


def _errors_of(problem: Problem) -> tuple[FieldError, ...]:
    return problem.errors or (FieldError("", problem.kind.code, problem.detail),)


def _untaken(line: Line) -> Settled:
    """A line that holds no referral, or one that was only to be checked."""
    outcome = Outcome.REFUSED if line.errors else Outcome.ACCEPTED
    return Settled(line.number, outcome, errors=line.errors)


def _refused(line: Line, problem: Problem) -> Settled:
    return Settled(line.number, Outcome.REFUSED, errors=line.errors or _errors_of(problem))


def _settled(line: Line, outcome: taking.Taken | Problem) -> Settled:
    if isinstance(outcome, Problem):
        return _refused(line, outcome)
    referral = outcome.referral
    became = Outcome.ACCEPTED if outcome.new else Outcome.DUPLICATE
    return Settled(line.number, became, referral.id, referral.reference)


def _count(job: Import, settled: Sequence[Settled]) -> None:
    outcomes = [line.outcome for line in settled]
    job.accepted += outcomes.count(Outcome.ACCEPTED)
    job.duplicates += outcomes.count(Outcome.DUPLICATE)
    job.refused += outcomes.count(Outcome.REFUSED)


def _row(import_id: UUID, settled: Settled) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "line": settled.line,
        "outcome": settled.outcome,
        "referral_id": settled.referral_id,
        "reference": settled.reference,
        "errors": [vars(error) for error in settled.errors],
    }
