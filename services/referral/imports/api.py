"""`/v1/referral-imports` (scope `referrals:write`): a file of referrals as one job."""

from collections.abc import AsyncIterator
from email.message import Message
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from services.referral.imports import commands, queries
from services.referral.imports.encoding import encoding_of_charset
from services.referral.imports.records import template
from services.referral.imports.rules import MAX_FILE_BYTES, MEDIA_TYPES, Outcome
from services.referral.imports.schemas import ImportView, ResultView
from shared import web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.problems import UNSUPPORTED_MEDIA_TYPE, UPLOAD_INCOMPLETE, Problem
from shared.web import Cipher, IdempotencyKey, Index, Session

router = APIRouter(prefix="/v1/referral-imports", tags=["imports"])
Sender = Annotated[Caller, Depends(scoped("referrals:write"))]

_EXAMPLE_LINE = (
    '{"external_id": "P-2026-118", "urgency": "urgent", "lawful_basis": "consent", '
    '"client": {"given_name": "Eero", "phone": "+358401234567", "language": "fi", '
    '"municipality": "398", "non_disclosure_order": false}, "reasons": ["release"], '
    '"contact_person": {"name": "Senior officer"}}\n'
)
_EXAMPLE_TABLE = (
    "external_id;urgency;lawful_basis;client.given_name;client.phone;client.language;"
    "client.municipality;client.non_disclosure_order;reasons;leaves_institution_on;"
    "contact_person.name\r\n"
    "P-2026-118;urgent;consent;Eero;+358401234567;fi;398;EPÄTOSI;release|homelessness;24.12.2026;"
    "Senior officer\r\n"
)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {"example": _EXAMPLE_LINE},
            "text/csv": {"example": _EXAMPLE_TABLE},
        },
    }
}


@router.post(
    "",
    status_code=202,
    response_model=ImportView,
    summary="Send a file of referrals",
    max_body_size=MAX_FILE_BYTES,
    openapi_extra=_BODY,
)
async def post_import(
    request: Request,
    caller: Sender,
    session: Session,
    cipher: Cipher,
    index: Index,
    key: IdempotencyKey = None,
    dry_run: Annotated[bool, Query(description="check every line, take none")] = False,
) -> JSONResponse:
    """Takes up to 5 MB of NDJSON (a referral a line) or CSV (columns as in `template.csv`, lists
    separated by `|`; UTF-8 or Windows-1252; semicolons, commas or tabs; dates as 2026-12-24 or
    24.12.2026, decimals with a point or a comma). Every line needs an `external_id` and is taken or
    refused by itself; a file that is sent again gives duplicates and takes none twice. The answer
    is a job: follow it at its Location. The file is kept encrypted until the job is done.
    """
    wish = _wish(request.headers, dry_run)
    upload = await commands.receive(session, cipher, caller, wish, _stream(request))
    return web.answer(await commands.queue(session, index, caller, wish, upload, key))


@router.get(
    "/template.csv",
    summary="An empty file with every column",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get_template(_: Sender) -> Response:
    """Opens in a Finnish Excel as it is; leave out the columns that you do not use."""
    headers = {"Content-Disposition": 'attachment; filename="referrals.csv"'}
    return Response(template(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{import_id}", summary="A bulk import you sent")
async def get_import(import_id: UUID, caller: Sender, session: Session) -> ImportView:
    """Where it stands; anybody else's is a 404."""
    return await queries.read_import(session, caller, import_id)


@router.get("/{import_id}/results", summary="What became of each line")
async def get_results(
    import_id: UUID,
    caller: Sender,
    session: Session,
    outcome: Annotated[Outcome | None, Query(description="only lines with this outcome")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[ResultView]:
    """A page of the lines settled so far, in their order. Nothing that a line said is repeated."""
    return await queries.list_results(
        session, caller, import_id, outcome=outcome, limit=limit, cursor=cursor
    )


def _wish(headers: Headers, dry_run: bool) -> commands.Wish:
    """What the headers ask for. Raises `unsupported_media_type`."""
    content = Message()
    content["content-type"] = headers.get("content-type", "")
    format_ = MEDIA_TYPES.get(content.get_content_type())
    charset = content.get_param("charset")
    encoding = encoding_of_charset(str(charset)) if charset is not None else None
    packed = headers.get("content-encoding", "identity") != "identity"
    if format_ is None or packed or (charset is not None and encoding is None):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            "Send application/x-ndjson or text/csv, in UTF-8 or Windows-1252, not compressed.",
        )
    return commands.Wish(format_, encoding, dry_run)


async def _stream(request: Request) -> AsyncIterator[bytes]:
    try:
        async for part in request.stream():
            yield part
    except ClientDisconnect:
        raise Problem(UPLOAD_INCOMPLETE) from None
