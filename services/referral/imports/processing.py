"""The event process's part of bulk import: every line through the command that takes a referral.

A batch of lines is settled, then its results and the position are committed together. A batch that
was begun twice (a kill in the middle) gives the same results, since each line is one idempotent
request.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind
from pydantic import ValidationError
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.imports.commands import chunk_context
from services.referral.imports.encoding import EncodingVote
from services.referral.imports.records import FileUnreadableError, Record, reader_of
from services.referral.imports.rules import (
    MAX_LINE_BYTES,
    Format,
    Outcome,
    idempotency_key,
    outcome_of,
)
from services.referral.imports.schemas import ImportedReferral
from services.referral.intake.checks import checked
from services.referral.intake.commands import Intake, submit_referral
from services.referral.jobs import Lease, Runner, finish
from services.referral.settings import Settings
from services.referral.tables import Import, ImportChunk, ImportResult, JobState
from shared import telemetry
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.db import Database, is_transient
from shared.lines import LineCutter
from shared.problems import (
    IDEMPOTENCY_IN_PROGRESS,
    INTERNAL_ERROR,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)
from shared.web.errors import field_errors

LOG = structlog.get_logger(__name__)
BATCH_LINES = 50
IN_PROGRESS_SECONDS = 0.5


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
        self._allow_test_codes = settings.allow_test_identity_codes
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
                    settled = [await self._settle(job, record) for record in batch]
                    await self._commit(lease, settled)
            except FileUnreadableError as error:
                await self._end(lease, JobState.FAILED, error.errors)
            else:
                await self._end(lease, JobState.DONE)

    async def _batches(self, job: Import) -> AsyncIterator[list[Record]]:
        """The records behind the job's position, a batch at a time."""
        batch: list[Record] = []
        async for record in self._records(job):
            if record.line > job.position:
                batch.append(record)
            if len(batch) == BATCH_LINES:
                yield batch
                batch = []
        if batch:
            yield batch

    async def _records(self, job: Import) -> AsyncIterator[Record]:
        reader = reader_of(Format(job.format), await self._encoding(job))
        async for piece in self._pieces(job.id):
            for record in reader.feed(piece):
                yield record
        for record in reader.end():
            yield record

    async def _encoding(self, job: Import) -> str:
        """As its sender said; else by a first look through the whole file."""
        if job.charset is not None:
            return job.charset
        cutter, vote = LineCutter(MAX_LINE_BYTES), EncodingVote()
        async for piece in self._pieces(job.id):
            for line in cutter.feed(piece):
                vote.see(line.content or b"")
        for line in cutter.end():
            vote.see(line.content or b"")
        return vote.winner

    async def _pieces(self, import_id: UUID) -> AsyncIterator[bytes]:
        nth = 0
        while True:
            async with self._database.sessions() as session:
                sealed = await session.scalar(
                    select(col(ImportChunk.content_sealed)).where(
                        col(ImportChunk.import_id) == import_id, col(ImportChunk.nth) == nth
                    )
                )
            if sealed is None:
                return
            yield self._cipher.decrypt(sealed, chunk_context(import_id, nth))
            nth += 1

    async def _settle(self, job: Import, record: Record) -> Settled:
        """Takes one line, in a trace of its own that begins here."""
        attributes: dict[str, str | int] = {
            "nopsa.import_id": str(job.id),
            "nopsa.line": record.line,
        }
        with telemetry.span("import line", SpanKind.CONSUMER, Context(), attributes):
            try:
                return await self._take(job, record)
            except Problem as problem:
                return Settled(record.line, Outcome.REFUSED, errors=_errors_of(problem))
            except Exception as error:
                if is_transient(error):
                    raise
                LOG.error("line_failed", id=str(job.id), error=type(error).__name__)
                failed = Problem(INTERNAL_ERROR)
                return Settled(record.line, Outcome.REFUSED, errors=_errors_of(failed))

    async def _take(self, job: Import, record: Record) -> Settled:
        if record.error is not None:
            return Settled(record.line, Outcome.REFUSED, errors=(record.error,))
        body = self._checked(record)
        if job.dry_run:
            return Settled(record.line, Outcome.ACCEPTED)
        intake = Intake(job.caller, body, idempotency_key(str(job.id), record.line), job.language)
        while True:
            try:
                async with self._database.sessions() as session:
                    answer = await submit_referral(session, self._cipher, self._index, intake)
            except Problem as problem:
                if problem.kind is not IDEMPOTENCY_IN_PROGRESS:
                    raise
                await asyncio.sleep(IN_PROGRESS_SECONDS)
            else:
                referral_id = UUID(answer.body["id"])
                reference = str(answer.body["reference"])
                return Settled(record.line, outcome_of(answer.status), referral_id, reference)

    def _checked(self, record: Record) -> ImportedReferral:
        try:
            body = ImportedReferral.model_validate(record.body)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            raise Problem(VALIDATION_FAILED, errors=field_errors(found)) from None
        today = utc_now().astimezone(FINLAND).date()
        return checked(body, allow_test_codes=self._allow_test_codes, today=today)

    async def _commit(self, lease: Lease[Import], settled: Sequence[Settled]) -> None:
        """The results, the counts and the position of a batch."""
        async with self._database.sessions() as session, session.begin():
            job = await lease.prolonged(session)
            job.position = settled[-1].line
            for line in settled:
                _count(job, line.outcome)
            await session.execute(insert(ImportResult), [_row(job.id, line) for line in settled])

    async def _end(
        self, lease: Lease[Import], state: JobState, errors: Sequence[FieldError] = ()
    ) -> None:
        async with self._database.sessions() as session, session.begin():
            job = await lease.prolonged(session)
            job.errors = [vars(error) for error in errors]
            await _erase_file(session, job)
            finish(job, state)


async def _fail(session: AsyncSession, job: Import) -> None:
    job.errors = [vars(error) for error in _errors_of(Problem(INTERNAL_ERROR))]
    await _erase_file(session, job)


async def _erase_file(session: AsyncSession, job: Import) -> None:
    await session.execute(delete(ImportChunk).where(col(ImportChunk.import_id) == job.id))


def _errors_of(problem: Problem) -> tuple[FieldError, ...]:
    return problem.errors or (FieldError("", problem.kind.code, problem.detail),)


def _count(job: Import, outcome: Outcome) -> None:
    if outcome == Outcome.ACCEPTED:
        job.accepted += 1
    elif outcome == Outcome.DUPLICATE:
        job.duplicates += 1
    else:
        job.refused += 1


def _row(import_id: UUID, settled: Settled) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "line": settled.line,
        "outcome": settled.outcome,
        "referral_id": settled.referral_id,
        "reference": settled.reference,
        "errors": [vars(error) for error in settled.errors],
    }
