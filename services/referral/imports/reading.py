"""From an uploaded file to its lines, each checked as a referral that is posted by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import structlog
from opentelemetry.trace import Span
from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import col

from services.referral.imports.commands import chunk_context
from services.referral.imports.encoding import EncodingVote
from services.referral.imports.records import Record, reader_of
from services.referral.imports.rules import MAX_LINE_BYTES, Format
from services.referral.imports.schemas import ImportedReferral
from services.referral.intake.checks import checked
from services.referral.intake.taking import Sent, sent
from services.referral.settings import Settings
from services.referral.tables import Import, ImportChunk
from shared import telemetry
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.db import Database
from shared.lines import LineCutter
from shared.problems import INTERNAL_ERROR, VALIDATION_FAILED, FieldError, Problem
from shared.web.errors import field_errors

LOG = structlog.get_logger(__name__)
RECORDED_LINES = 100
"""A week's referrals are traced as if each had been posted; of a large file the first are enough
to see how it goes."""
FAILED = FieldError("", INTERNAL_ERROR.code, INTERNAL_ERROR.advice)
"""What is told of a line that we cannot take, though it may be right."""


@dataclass(frozen=True)
class Line:
    """A line that was read: the referral it holds, or why it holds none. Its span is the beginning
    of a trace of its own."""

    number: int
    span: Span
    referral: Sent | None = None
    errors: tuple[FieldError, ...] = ()


class FileReader:
    """Reads the sealed pieces of files; only the piece and the line in hand are held."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._cipher = settings.cipher()
        self._index = settings.blind_index()
        self._allow_test_codes = settings.allow_test_identity_codes

    async def lines(self, job: Import) -> AsyncIterator[Line]:
        """The lines behind the job's position. Raises `FileUnreadableError`."""
        async for record in self._records(job):
            if record.line > job.position:
                yield self._line(job.id, record)
                # Others in the process get their turn after every line.
                await asyncio.sleep(0)

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

    def _line(self, import_id: UUID, record: Record) -> Line:
        """What a record holds, checked as a referral that is posted by itself."""
        number = record.line
        span = _span(import_id, number)
        if record.error is not None:
            return Line(number, span, errors=(record.error,))
        try:
            with telemetry.within(span):
                return Line(number, span, sent(self._index, self._checked(record)))
        except Problem as problem:
            return Line(number, span, errors=problem.errors)
        except Exception as error:
            LOG.error("line_unreadable", id=str(import_id), error=type(error).__name__)
            return Line(number, span, errors=(FAILED,))

    def _checked(self, record: Record) -> ImportedReferral:
        try:
            body = ImportedReferral.model_validate(record.body)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            raise Problem(VALIDATION_FAILED, errors=field_errors(found)) from None
        today = utc_now().astimezone(FINLAND).date()
        return checked(body, allow_test_codes=self._allow_test_codes, today=today)


def _span(import_id: UUID, number: int) -> Span:
    if number > RECORDED_LINES:
        return telemetry.begin_unrecorded()
    return telemetry.begin("import line", {"nopsa.import_id": str(import_id), "nopsa.line": number})
