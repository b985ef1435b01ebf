"""Taking a file in: its pieces are sealed and kept as they arrive, then the job is queued.

Nothing is waited for from the network while a transaction is open.
"""

import hashlib
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.imports import queries
from services.caseload.imports.rules import UPLOAD_PATIENCE
from services.caseload.references import refusal
from services.caseload.tables import CaseImport, CaseImportPiece
from shared import audit, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.jobs import JobState
from shared.lines import even_pieces

PIECE_BYTES = 256 * 1024
QUICKLY = 1
"""The level of compression: history repeats its words, and that is enough."""


@dataclass(frozen=True)
class Upload:
    """A file that is here whole; `digest` tells a repeated one."""

    import_id: UUID
    digest: str
    lines: int


async def receive(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, body: AsyncIterator[bytes]
) -> Upload:
    """Keeps a file piece by piece. Raises `validation_failed` when it is empty."""
    import_id = new_id()
    async with session.begin():
        await _forget_broken_off(session)
        session.add(_received(import_id, caller))
    try:
        return await _keep(session, cipher, import_id, body)
    except BaseException:
        await discard(session, import_id)
        raise


async def queue(
    session: AsyncSession, index: BlindIndex, caller: Caller, upload: Upload, key: str | None
) -> Answer:
    """Queues a received file, once per idempotency key. Answers the job."""
    request = request_key(
        index,
        caller=caller.client_id,
        key=key,
        operation="POST /v1/case-imports",
        body={"digest": upload.digest},
    )

    async def work() -> Answer:
        job = await session.get_one(CaseImport, upload.import_id)
        job.state = JobState.QUEUED
        job.lines = upload.lines
        await audit.record(session, caller, queries.entry("case_import.submit", job))
        body = queries.view(job).model_dump(mode="json")
        return Answer(202, body, {"Location": f"/v1/case-imports/{job.id}"})

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
            delete(CaseImport).where(
                col(CaseImport.id) == import_id, col(CaseImport.state) == JobState.RECEIVING
            )
        )


def open_piece(cipher: FieldCipher, import_id: UUID, nth: int, sealed: bytes) -> bytes:
    """A piece of the file as it came."""
    return zlib.decompress(cipher.decrypt(sealed, _context(import_id, nth)))


async def _forget_broken_off(session: AsyncSession) -> None:
    """Uploads that ended in the middle together with the process that took them."""
    await session.execute(
        delete(CaseImport).where(
            col(CaseImport.state) == JobState.RECEIVING,
            col(CaseImport.created_at) < func.now() - UPLOAD_PATIENCE,
        )
    )


def _received(import_id: UUID, caller: Caller) -> CaseImport:
    return CaseImport(
        id=import_id,
        state=JobState.RECEIVING,
        caller_subject=caller.subject,
        caller_client_id=caller.client_id,
        caller_org=caller.org,
        caller_worker=caller.worker,
        created_at=utc_now(),
        traceparent=telemetry.carrier().get("traceparent"),
    )


async def _keep(
    session: AsyncSession, cipher: FieldCipher, import_id: UUID, body: AsyncIterator[bytes]
) -> Upload:
    """Stores the sealed pieces."""
    digest, lines, nth, piece = hashlib.sha256(), 0, 0, b""
    async for piece in even_pieces(body, PIECE_BYTES):
        digest.update(piece)
        lines += piece.count(b"\n")
        packed = zlib.compress(piece, QUICKLY)
        async with session.begin():
            await session.execute(
                insert(CaseImportPiece).values(
                    import_id=import_id,
                    nth=nth,
                    content_sealed=cipher.encrypt(packed, _context(import_id, nth)),
                )
            )
        nth += 1
    if nth == 0:
        raise refusal("", "empty", "the file is empty")
    ends_openly = not piece.endswith(b"\n")
    return Upload(import_id, digest.hexdigest(), lines + ends_openly)


def _context(import_id: UUID, nth: int) -> str:
    return f"case_import_pieces/{import_id}/{nth}"
