"""Taking a file in: its pieces are sealed and kept as they arrive, then the job is queued.

Nothing is waited for from the network while a transaction is open.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.imports import queries
from services.referral.imports.rules import MAX_LINES, Format
from services.referral.partners.queries import partner_of
from services.referral.tables import Import, ImportChunk
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.jobs import JobState
from shared.lines import even_pieces
from shared.problems import VALIDATION_FAILED, FieldError, Problem

PIECE_BYTES = 128 * 1024


@dataclass(frozen=True)
class Wish:
    """How a file is to be read, and whether its referrals are to be taken or only checked."""

    format: Format
    charset: str | None
    dry_run: bool


@dataclass(frozen=True)
class Upload:
    """A file that is here whole; `digest` tells a repeated one."""

    import_id: UUID
    digest: str


def chunk_context(import_id: UUID, nth: int) -> str:
    """The place a sealed piece belongs to."""
    return f"import_chunks/{import_id}/{nth}"


async def receive(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    wish: Wish,
    body: AsyncIterator[bytes],
) -> Upload:
    """Keeps a file piece by piece. Raises `not_a_partner`, `partner_suspended` before the first
    byte is read, and `validation_failed` for a file that is empty or has too many lines."""
    import_id = new_id()
    async with session.begin():
        partner = await partner_of(session, caller)
        session.add(_received(import_id, partner.id, caller, wish))
    try:
        return Upload(import_id, await _keep(session, cipher, import_id, body))
    except BaseException:
        await discard(session, import_id)
        raise


async def queue(
    session: AsyncSession,
    index: BlindIndex,
    caller: Caller,
    wish: Wish,
    upload: Upload,
    key: str | None,
) -> Answer:
    """Queues a received file, once per idempotency key. Answers the job."""
    sent = {"format": wish.format, "dry_run": wish.dry_run, "digest": upload.digest}
    request = request_key(
        index, caller=caller.client_id, key=key, operation="POST /v1/referral-imports", body=sent
    )

    async def work() -> Answer:
        job = await session.get_one(Import, upload.import_id)
        job.state = JobState.QUEUED
        await audit.record(
            session, caller, audit.Entry("import.submit", "import", subject_id=job.id)
        )
        body = queries.view(job).model_dump(mode="json")
        return Answer(202, body, {"Location": f"/v1/referral-imports/{job.id}"})

    try:
        async with session.begin():
            answer = await once(session, request, work)
    except BaseException:
        await discard(session, upload.import_id)
        raise
    if answer.replayed:
        await discard(session, upload.import_id)
    return answer


async def discard(session: AsyncSession, import_id: UUID) -> None:
    """Forgets a file that was not queued."""
    async with session.begin():
        await session.execute(
            delete(Import).where(
                col(Import.id) == import_id, col(Import.state) == JobState.RECEIVING
            )
        )


def _received(import_id: UUID, partner_id: UUID, caller: Caller, wish: Wish) -> Import:
    return Import(
        id=import_id,
        state=JobState.RECEIVING,
        caller_subject=caller.subject,
        caller_client_id=caller.client_id,
        caller_org=caller.org,
        caller_worker=caller.worker,
        created_at=utc_now(),
        partner_id=partner_id,
        format=wish.format,
        charset=wish.charset,
        dry_run=wish.dry_run,
    )


async def _keep(
    session: AsyncSession, cipher: FieldCipher, import_id: UUID, body: AsyncIterator[bytes]
) -> str:
    """Stores the sealed pieces; the digest of the whole."""
    digest = hashlib.sha256()
    lines = 0
    nth = 0
    async for piece in even_pieces(body, PIECE_BYTES):
        digest.update(piece)
        lines += piece.count(b"\n")
        if lines > MAX_LINES:
            raise _unfit("too_many_lines", f"send at most {MAX_LINES} lines at a time")
        async with session.begin():
            await session.execute(
                insert(ImportChunk).values(
                    import_id=import_id,
                    nth=nth,
                    content_sealed=cipher.encrypt(piece, chunk_context(import_id, nth)),
                )
            )
        nth += 1
    if nth == 0:
        raise _unfit("empty", "the file is empty")
    return digest.hexdigest()


def _unfit(code: str, detail: str) -> Problem:
    return Problem(VALIDATION_FAILED, errors=[FieldError("", code, detail)])
