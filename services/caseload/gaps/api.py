"""`/v1/service-gaps`: holes and bottlenecks of the service system (scopes `cases:read|write`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.caseload.gaps import commands, queries
from services.caseload.gaps.commands import Change
from services.caseload.gaps.schemas import GapBody, GapRecord, GapResolution, GapUpdate, GapView
from shared import web
from shared.auth import Caller, scoped
from shared.contracts.codes import GapStatus
from shared.contracts.fields import Code, Municipality
from shared.crypto import BlindIndex
from shared.idempotency import RequestKey, request_key
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Cipher, IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/service-gaps", tags=["service gaps"])
Reader = Annotated[Caller, Depends(scoped("cases:read"))]
Writer = Annotated[Caller, Depends(scoped("cases:write"))]
Expected = Annotated[int, Depends(expected_version)]


@router.post("", status_code=201, response_model=GapRecord, summary="Report a gap")
async def post_gap(
    body: GapBody,
    caller: Writer,
    session: Session,
    cipher: Cipher,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """A description with an identity code, a phone number or an e-mail address is refused: 422."""
    request = _request(index, caller, key, "POST /v1/service-gaps", body)
    return web.answer(await commands.report(session, cipher, caller, request, body))


@router.get("", summary="Gaps, newest first")
async def get_gaps(
    caller: Reader,
    session: Session,
    cipher: Cipher,
    team: Annotated[UUID | None, Query(description="the team that saw it")] = None,
    status: GapStatus | None = None,
    type: Annotated[Code | None, Query()] = None,
    service: Annotated[Code | None, Query()] = None,
    municipality: Annotated[Municipality | None, Query()] = None,
    case: Annotated[UUID | None, Query(description="the case in which it was met")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[GapView]:
    """A page. A caller that speaks for a team sees what that team reported."""
    filters = queries.Filters(team, status, type, service, municipality, case)
    return await queries.list_gaps(session, cipher, caller, filters, limit=limit, cursor=cursor)


@router.get("/{gap_id}", summary="A gap")
async def get_gap(
    gap_id: UUID, caller: Reader, session: Session, cipher: Cipher, response: Response
) -> GapView:
    """The gap, with its ETag; another team's is a 404."""
    view, version = await queries.read_gap(session, cipher, caller, gap_id)
    response.headers["ETag"] = etag(version)
    return view


@router.post("/{gap_id}/update", response_model=GapRecord, summary="Take a gap up")
async def post_update(
    gap_id: UUID,
    body: GapUpdate,
    caller: Writer,
    session: Session,
    cipher: Cipher,
    index: Index,
    expected: Expected,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """The gap, acknowledged; an empty body changes nothing else."""
    request = _request(index, caller, key, f"POST /v1/service-gaps/{gap_id}/update", body)
    change = Change(caller, gap_id, expected)
    return web.answer(await commands.update(session, cipher, change, request, body))


@router.post("/{gap_id}/resolve", response_model=GapRecord, summary="End a gap")
async def post_resolve(
    gap_id: UUID,
    body: GapResolution,
    caller: Writer,
    session: Session,
    index: Index,
    expected: Expected,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """The gap, resolved. What is resolved stays so."""
    request = _request(index, caller, key, f"POST /v1/service-gaps/{gap_id}/resolve", body)
    change = Change(caller, gap_id, expected)
    return web.answer(await commands.resolve(session, change, request, body))


def _request(
    index: BlindIndex, caller: Caller, key: str | None, operation: str, body: BaseModel
) -> RequestKey | None:
    return request_key(
        index,
        caller=caller.client_id,
        key=key,
        operation=operation,
        body=body.model_dump(mode="json"),
    )
