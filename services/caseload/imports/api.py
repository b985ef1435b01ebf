"""`/v1/case-imports` (scope `cases:import`): a county's past cases, as one job."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from services.caseload.imports import commands, queries
from services.caseload.imports.rules import MAX_FILE_BYTES, MEDIA_TYPE, Outcome
from services.caseload.imports.schemas import ImportView, ResultView
from shared import web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.problems import UNSUPPORTED_MEDIA_TYPE, UPLOAD_INCOMPLETE, Problem
from shared.web import Cipher, IdempotencyKey, Index, Session

router = APIRouter(prefix="/v1/case-imports", tags=["history imports"])
Importer = Annotated[Caller, Depends(scoped("cases:import"))]

_EXAMPLE = (
    '{"external_id": "2021-118", "client_key": "a81f", '
    '"team": "01980000-0000-7000-8000-000000000201", "source_kind": "prison", '
    '"opened_on": "2021-03-01", "closed_on": "2022-05-30", "closing_reason": "handed_over", '
    '"alternative_service": "supported", "birth_year": 1984, "municipality": "398", '
    '"visits": [{"on": "2021-03-04", "status": "kept", "location": "outside"}], '
    '"placements": [{"service_type": "supported", "production": "purchased", '
    '"channel": "on_site", "from": "2021-09-01", "to": "2022-04-30"}]}\n'
)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPE: {"example": _EXAMPLE}},
    }
}


@router.post(
    "",
    status_code=202,
    response_model=ImportView,
    summary="Send past cases, closed or still open",
    max_body_size=MAX_FILE_BYTES,
    openapi_extra=_BODY,
)
async def post_import(
    request: Request,
    caller: Importer,
    session: Session,
    cipher: Cipher,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Takes up to 200 MB of NDJSON in UTF-8, a case a line. Every line is taken or refused by
    itself; an `external_id` that its team has already is a duplicate and changes nothing, so that
    a file may be sent again. A day counts as the Finnish day it is. Open cases are their team's,
    and no worker's load until somebody is assigned. The answer is a job: follow it at its Location.
    The file is kept encrypted until the job is done, the `client_key` only as a keyed hash.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    packed = request.headers.get("content-encoding", "identity") != "identity"
    if media_type != MEDIA_TYPE or packed:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, f"Send {MEDIA_TYPE}, in UTF-8 and not compressed.")
    upload = await commands.receive(session, cipher, caller, _stream(request))
    return web.answer(await commands.queue(session, index, caller, upload, key))


@router.get("/{import_id}", summary="A history import")
async def get_import(import_id: UUID, caller: Importer, session: Session) -> ImportView:
    """Where it stands; another team's is a 404."""
    return await queries.read_import(session, caller, import_id)


@router.get("/{import_id}/results", summary="What became of each line")
async def get_results(
    import_id: UUID,
    caller: Importer,
    session: Session,
    outcome: Annotated[Outcome | None, Query(description="only lines with this outcome")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[ResultView]:
    """A page of the lines settled so far, in their order; blank lines are none."""
    return await queries.list_results(
        session, caller, import_id, outcome, limit=limit, cursor=cursor
    )


async def _stream(request: Request) -> AsyncIterator[bytes]:
    try:
        async for part in request.stream():
            yield part
    except ClientDisconnect:
        raise Problem(UPLOAD_INCOMPLETE) from None
