"""Writing documents: each text is encrypted, and announced as the consents allow at that moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.documents import copies, queries
from services.consent.documents.copies import Work
from services.consent.documents.rules import Action, State
from services.consent.documents.schemas import DocumentBody, TextBody
from services.consent.tables import Document, DocumentText
from shared import audit, outbox, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, RequestKey, once, request_key
from shared.ids import new_id
from shared.problems import NOT_FOUND, PRECONDITION_FAILED, Problem
from shared.web import etag


@dataclass(frozen=True)
class Desk:
    """What writing needs: the keys, and how long the records have to confirm."""

    cipher: FieldCipher
    index: BlindIndex
    confirm_within: timedelta


@dataclass(frozen=True)
class Writing:
    """Who writes, and the key of the request."""

    caller: Caller
    idempotency_key: str | None

    def request(self, index: BlindIndex, operation: str, body: TextBody) -> RequestKey | None:
        """The key under which the first answer is kept."""
        return request_key(
            index,
            caller=self.caller.client_id,
            key=self.idempotency_key,
            operation=operation,
            body=body.model_dump(mode="json"),
        )


async def write_document(
    session: AsyncSession, desk: Desk, writing: Writing, body: DocumentBody
) -> Answer:
    """A new document with its first text, once per idempotency key. Answers the document."""

    async def work() -> Answer:
        await copies.lock_person(session, body.client_ref)
        now = utc_now()
        document = Document(
            id=new_id(),
            client_ref=body.client_ref,
            kind=body.kind,
            written_in=body.written_in,
            state=State.PENDING,
            texts=0,
            version=0,
            created_at=now,
            changed_at=now,
        )
        session.add(document)
        await session.flush()
        return await _add_text(session, desk, writing.caller, Work(document, {}), body, now)

    request = writing.request(desk.index, "POST /v1/documents", body)
    async with session.begin():
        return await once(session, request, work)


async def write_version(
    session: AsyncSession,
    desk: Desk,
    writing: Writing,
    document_id: UUID,
    body: TextBody,
    expected: int,
) -> Answer:
    """The next text of a document, once per idempotency key. Answers the document.

    Raises `not_found`, and `precondition_failed` when `expected` is not its present version.
    """

    async def work() -> Answer:
        await _lock_person_of(session, document_id)
        found = await copies.locked(session, document_id)
        if found is None:
            raise Problem(NOT_FOUND)
        if found.document.version != expected:
            raise Problem(PRECONDITION_FAILED)
        return await _add_text(session, desk, writing.caller, found, body, utc_now())

    request = writing.request(desk.index, f"POST /v1/documents/{document_id}/versions", body)
    async with session.begin():
        return await once(session, request, work)


async def _lock_person_of(session: AsyncSession, document_id: UUID) -> None:
    """The person before the document, as everybody takes them."""
    document = await session.get(Document, document_id)
    if document is not None:
        await copies.lock_person(session, document.client_ref)


async def _add_text(
    session: AsyncSession, desk: Desk, caller: Caller, work: Work, body: TextBody, now: datetime
) -> Answer:
    document = work.document
    telemetry.tag(document_id=str(document.id))
    document.texts += 1
    text = _text(desk.cipher, document, caller, body, now)
    session.add(text)
    await audit.record(session, caller, copies.entry("write", work))
    await copies.announce(session, work, caller, text, now)
    document.due_at, document.overdue_at = now + desk.confirm_within, None
    work.act(Action.ANNOUNCE, now)
    await session.flush()
    await outbox.append(session, work.events.messages)
    view = queries.view(document, text, work.copies)
    headers = {"Location": f"/v1/documents/{document.id}", "ETag": etag(document.version)}
    return Answer(201, view.model_dump(mode="json"), headers)


def _text(
    cipher: FieldCipher, document: Document, caller: Caller, body: TextBody, now: datetime
) -> DocumentText:
    content = body.as_bytes()
    return DocumentText(
        document_id=document.id,
        number=document.texts,
        media_type=body.media_type,
        content=cipher.encrypt(content, text_context(document.id, document.texts)),
        sha256=sha256(content).hexdigest(),
        written_at=now,
        written_by=_worker(caller),
    )


def text_context(document_id: UUID, number: int) -> str:
    """What ties the ciphertext of a text to its place."""
    return f"document_texts/{document_id}/{number}"


def _worker(caller: Caller) -> UUID | None:
    try:
        return UUID(caller.worker or "")
    except ValueError:
        return None
