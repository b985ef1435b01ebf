"""`/v1/documents` (scopes `documents:write`, `documents:read` and, for receipts,
`records:receipt`)."""

import base64
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from services.consent.documents import commands, queries, reading, receipts
from services.consent.documents.commands import Desk, Writing
from services.consent.documents.permission import record_of
from services.consent.documents.rules import State
from services.consent.documents.schemas import (
    DocumentBody,
    DocumentView,
    ReceiptBody,
    ReceiptView,
    TextBody,
)
from shared import web
from shared.auth import Caller, scoped
from shared.contracts.codes import Sector
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.problems import NOT_A_RECORD_SYSTEM, Problem
from shared.web import Cipher, IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/documents", tags=["documents"])
Writer = Annotated[Caller, Depends(scoped("documents:write"))]
Reader = Annotated[Caller, Depends(scoped("documents:read"))]
Confirmer = Annotated[Caller, Depends(scoped("records:receipt"))]

_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The text as it was written",
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
        "headers": {
            "Document-Version": {
                "description": "which text this is; name it in the receipt",
                "schema": {"type": "integer"},
            },
            "Repr-Digest": {
                "description": "its SHA-256 (RFC 9530)",
                "schema": {"type": "string"},
            },
        },
    }
}


async def _desk(request: Request, cipher: Cipher, index: Index) -> Desk:
    hours: float = request.app.state.settings.record_confirm_hours
    return Desk(cipher, index, timedelta(hours=hours))


Office = Annotated[Desk, Depends(_desk)]


@router.post("", status_code=201, response_model=DocumentView, summary="Write a document")
async def post_document(
    body: DocumentBody, caller: Writer, session: Session, desk: Office, key: IdempotencyKey = None
) -> JSONResponse:
    """Keeps the text encrypted and tells the record it was written in; the other record is told
    only if the client's consents permit it at this moment. A consent form goes wherever anything
    may flow between the two, since it belongs into both."""
    writing = Writing(caller, key)
    return web.answer(await commands.write_document(session, desk, writing, body))


@router.post(
    "/{document_id}/versions",
    status_code=201,
    response_model=DocumentView,
    summary="Write a document anew",
)
async def post_version(
    document_id: UUID,
    body: TextBody,
    caller: Writer,
    session: Session,
    desk: Office,
    expected: Annotated[int, Depends(expected_version)],
    key: IdempotencyKey = None,
) -> JSONResponse:
    """A text that replaces the one before, announced as the consents allow now. It is also the way
    out of a conflict, and the way back after a withdrawal. Needs If-Match."""
    writing = Writing(caller, key)
    answer = await commands.write_version(session, desk, writing, document_id, body, expected)
    return web.answer(answer)


@router.get("", summary="Documents, newest first")
async def get_documents(
    caller: Reader,
    session: Session,
    state: Annotated[State | None, Query(description="only those that stand so")] = None,
    client_ref: Annotated[UUID | None, Query(description="only this client's")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[DocumentView]:
    """A page. A record system sees the documents it was told of. The look is logged."""
    return await queries.list_documents(
        session, caller, state=state, client_ref=client_ref, limit=limit, cursor=cursor
    )


@router.get("/{document_id}", summary="A document and how far it has come")
async def get_document(
    document_id: UUID, caller: Reader, session: Session, response: Response
) -> DocumentView:
    """The document without its content, with its ETag. The look is logged."""
    shown, version = await queries.read_document(session, caller, document_id)
    response.headers["ETag"] = etag(version)
    return shown


@router.get(
    "/{document_id}/content",
    summary="The text, for a record system",
    response_class=Response,
    responses=_CONTENT,
)
async def get_content(
    document_id: UUID, caller: Reader, session: Session, cipher: Cipher
) -> Response:
    """The claim check of `document-ready`: the newest text that your record was told of. Decided
    anew at this moment: what the client has taken back is a 404, as is what your record was never
    told of. The reading is logged."""
    record = _record(caller)
    text = await reading.read_content(session, cipher, caller, record, document_id)
    digest = base64.b64encode(bytes.fromhex(text.sha256)).decode()
    headers = {
        "Document-Version": str(text.number),
        "Repr-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "no-store",
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text.content, media_type=text.media_type, headers=headers)


@router.post(
    "/{document_id}/receipts",
    status_code=201,
    response_model=ReceiptView,
    summary="Confirm that your record stored a text",
)
async def post_receipt(
    document_id: UUID, body: ReceiptBody, caller: Confirmer, session: Session
) -> JSONResponse:
    """Only your own record, else 403. The same receipt again gets the same answer. A receipt for a
    text that a newer one has replaced is noted as `superseded` and confirms nothing. Another
    `record_id` for the same text is 409, and the document shows `conflict` until it is written
    anew. A receipt for what was withdrawn meanwhile is taken: it says what must be undone."""
    if _record(caller) != body.record:
        raise Problem(NOT_A_RECORD_SYSTEM, "A record system confirms for its own record alone.")
    return web.answer(await receipts.take_receipt(session, caller, document_id, body))


def _record(caller: Caller) -> Sector:
    record = record_of(caller.org)
    if record is None:
        raise Problem(NOT_A_RECORD_SYSTEM)
    return record
