"""The event process's part of history import: lines in batches, each batch one transaction.

Its cases, its results and the job's position are committed together, so that a job which is taken
up again, wherever it broke off, goes on behind what is done.
"""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.imports.commands import open_piece
from services.caseload.imports.reading import Record, read
from services.caseload.imports.rules import MAX_LINE_BYTES, Outcome
from services.caseload.imports.taking import Settled, settle
from services.caseload.settings import Settings
from services.caseload.tables import CaseImport, CaseImportPiece, CaseImportResult
from shared import outbox, telemetry
from shared.clock import utc_now
from shared.db import Database
from shared.jobs import JobState, Lease, Runner, finish
from shared.lines import LineCutter
from shared.problems import INTERNAL_ERROR, FieldError

BATCH_LINES = 100
BATCH_EVENTS = 1_000
"""A batch is closed by whichever comes first; each event takes a lock on its client's key."""

_FAILED = FieldError("", INTERNAL_ERROR.code, INTERNAL_ERROR.title)


async def import_for_ever(settings: Settings, database: Database) -> None:
    """The part of the event process that works on imports."""
    await Importer(settings, database).runner.run()


class Importer:
    """Takes the lines of uploaded files, one file at a time."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._cipher = settings.cipher()
        self._index = settings.blind_index()
        self.runner: Runner[CaseImport] = Runner(
            database,
            CaseImport,
            self._work,
            _erase_file,
            lease_seconds=settings.job_lease_seconds,
            poll_seconds=settings.job_poll_seconds,
        )

    async def _work(self, lease: Lease[CaseImport]) -> None:
        async with self._database.sessions() as session:
            job = await session.get_one(CaseImport, lease.job_id)
        upload = {"traceparent": job.traceparent} if job.traceparent else {}
        with suppress_instrumentation(), telemetry.unrecorded(upload):
            async for batch in self._batches(job):
                await lease.together_or_singly(
                    batch, partial(self._commit, lease), partial(self._set_aside, lease)
                )
            await self._end(lease)

    async def _batches(self, job: CaseImport) -> AsyncIterator[list[Record]]:
        """The records behind the job's position, a batch at a time."""
        batch: list[Record] = []
        weight = 0
        async for record in self._records(job.id):
            if record.line <= job.position:
                continue
            if batch and (len(batch) == BATCH_LINES or weight + record.weight > BATCH_EVENTS):
                yield batch
                batch, weight = [], 0
            batch.append(record)
            weight += record.weight
        if batch:
            yield batch

    async def _records(self, import_id: UUID) -> AsyncIterator[Record]:
        cutter = LineCutter(MAX_LINE_BYTES)
        async for piece in self._pieces(import_id):
            for record in filter(None, map(read, cutter.feed(piece))):
                yield record
        for record in filter(None, map(read, cutter.end())):
            yield record

    async def _pieces(self, import_id: UUID) -> AsyncIterator[bytes]:
        nth = 0
        while True:
            async with self._database.sessions() as session:
                sealed = await session.scalar(
                    select(col(CaseImportPiece.content_sealed)).where(
                        col(CaseImportPiece.import_id) == import_id,
                        col(CaseImportPiece.nth) == nth,
                    )
                )
            if sealed is None:
                return
            yield open_piece(self._cipher, import_id, nth, sealed)
            nth += 1

    async def _set_aside(self, lease: Lease[CaseImport], record: Record) -> None:
        await self._commit(lease, [Record(record.line, errors=(_FAILED,))])

    async def _commit(self, lease: Lease[CaseImport], records: Sequence[Record]) -> None:
        """The cases, the results, the counts and the position of a batch, and its events."""
        async with self._database.sessions() as session, session.begin():
            job = await lease.prolonged(session)
            settled, messages = await settle(
                session, self._index, job.caller, job.id, records, utc_now()
            )
            job.position = settled[-1].line
            _count(job, settled)
            await session.execute(
                insert(CaseImportResult),
                [_row(job.id, line) for line in settled],
                execution_options={"render_nulls": True},
            )
            await session.flush()
            await outbox.append(session, messages)

    async def _end(self, lease: Lease[CaseImport]) -> None:
        async with self._database.sessions() as session, session.begin():
            job = await lease.prolonged(session)
            await _erase_file(session, job)
            finish(job, JobState.DONE)


async def _erase_file(session: AsyncSession, job: CaseImport) -> None:
    await session.execute(delete(CaseImportPiece).where(col(CaseImportPiece.import_id) == job.id))


def _count(job: CaseImport, settled: Sequence[Settled]) -> None:
    outcomes = [line.outcome for line in settled]
    job.accepted += outcomes.count(Outcome.ACCEPTED)
    job.duplicates += outcomes.count(Outcome.DUPLICATE)
    job.refused += outcomes.count(Outcome.REFUSED)


def _row(import_id: UUID, settled: Settled) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "line": settled.line,
        "outcome": settled.outcome,
        "external_id": settled.external_id,
        "case_id": settled.case_id,
        "errors": [vars(error) for error in settled.errors],
    }
