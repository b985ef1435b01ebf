"""`/v1/cases/{id}/service-path`: one shared plan for a client of many services (scopes
`cases:read`, `cases:write`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.caseload.paths import commands, queries
from services.caseload.paths.schemas import (
    ServicePathBody,
    ServicePathSummary,
    ServicePathView,
)
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Cipher, Session, etag, made_or_changed, optional_version

router = APIRouter(prefix="/v1", tags=["service paths"])
Reader = Annotated[Caller, Depends(scoped("cases:read"))]
Writer = Annotated[Caller, Depends(scoped("cases:write"))]
Expected = Annotated[int | None, Depends(optional_version)]


@router.put(
    "/cases/{case_id}/service-path",
    summary="Start or change a multi-service path",
    responses=made_or_changed(ServicePathView),
)
async def put_service_path(
    case_id: UUID,
    body: ServicePathBody,
    caller: Writer,
    session: Session,
    cipher: Cipher,
    response: Response,
    expected: Expected,
) -> ServicePathView:
    """201 when new; a change needs If-Match with the ETag that was read. Any professional of the
    case's team may start it; whose organisation is on it may change it."""
    view, version, made = await commands.put_path(session, cipher, caller, case_id, body, expected)
    response.status_code = 201 if made else 200
    response.headers["ETag"] = etag(version)
    return view


@router.get("/cases/{case_id}/service-path", summary="The multi-service path of a case")
async def get_service_path(
    case_id: UUID, caller: Reader, session: Session, cipher: Cipher, response: Response
) -> ServicePathView:
    """The path with its plan and ETag; a 404 for whoever is not on it."""
    view, version = await queries.read_path(session, cipher, caller, case_id)
    response.headers["ETag"] = etag(version)
    return view


@router.get("/service-paths", summary="The paths you are on, and whose review is overdue")
async def get_service_paths(
    caller: Reader,
    session: Session,
    team: UUID | None = None,
    overdue: Annotated[
        bool | None, Query(description="only those whose review should have been held, or not yet")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[ServicePathSummary]:
    """A page, of open cases, without the plans."""
    filters = queries.Filters(team, overdue)
    return await queries.list_paths(session, caller, filters, limit=limit, cursor=cursor)
