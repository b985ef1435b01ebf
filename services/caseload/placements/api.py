"""`/v1/placements`: the service ladder, client by client (scopes `cases:read`, `cases:write`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.caseload.days import Day
from services.caseload.placements import commands, queries
from services.caseload.placements.commands import Change
from services.caseload.placements.schemas import (
    PlacementBody,
    PlacementCorrection,
    PlacementEnd,
    PlacementView,
)
from shared import web
from shared.auth import Caller, scoped
from shared.contracts.codes import HousingService
from shared.crypto import BlindIndex
from shared.idempotency import RequestKey, request_key
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/placements", tags=["placements"])
Reader = Annotated[Caller, Depends(scoped("cases:read"))]
Writer = Annotated[Caller, Depends(scoped("cases:write"))]
Expected = Annotated[int, Depends(expected_version)]


@router.post("", status_code=201, response_model=PlacementView, summary="Write a placement down")
async def post_placement(
    body: PlacementBody,
    caller: Writer,
    session: Session,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Of a client with a case, or of any other client of the service ladder."""
    request = _request(index, caller, key, "POST /v1/placements", body)
    return web.answer(await commands.place(session, caller, request, body))


@router.get("", summary="Placements, last written first")
async def get_placements(
    caller: Reader,
    session: Session,
    client_ref: UUID | None = None,
    case: UUID | None = None,
    team: Annotated[UUID | None, Query(description="the team that wrote them down")] = None,
    service_type: HousingService | None = None,
    on: Annotated[Day | None, Query(description="only those that hold on this day")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[PlacementView]:
    """A page. A caller that speaks for a team sees what that team wrote down."""
    filters = queries.Filters(client_ref, case, team, service_type, on)
    return await queries.list_placements(session, caller, filters, limit=limit, cursor=cursor)


@router.get("/{placement_id}", summary="A placement")
async def get_placement(
    placement_id: UUID, caller: Reader, session: Session, response: Response
) -> PlacementView:
    """The placement, with its ETag; another team's is a 404."""
    view, version = await queries.read_placement(session, caller, placement_id)
    response.headers["ETag"] = etag(version)
    return view


@router.post("/{placement_id}/end", response_model=PlacementView, summary="End a placement")
async def post_end(
    placement_id: UUID,
    body: PlacementEnd,
    caller: Writer,
    session: Session,
    index: Index,
    expected: Expected,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """The placement with its last day."""
    request = _request(index, caller, key, f"POST /v1/placements/{placement_id}/end", body)
    change = Change(caller, placement_id, expected)
    return web.answer(await commands.end(session, change, request, body))


@router.post("/{placement_id}/correct", response_model=PlacementView, summary="Correct a placement")
async def post_correct(
    placement_id: UUID,
    body: PlacementCorrection,
    caller: Writer,
    session: Session,
    index: Index,
    expected: Expected,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """The placement as it was all along, or marked as entered in error."""
    request = _request(index, caller, key, f"POST /v1/placements/{placement_id}/correct", body)
    change = Change(caller, placement_id, expected)
    return web.answer(await commands.correct(session, change, request, body))


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
