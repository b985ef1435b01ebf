"""`/v1/cases`: a team's cases and the work on them (scopes `cases:read`, `cases:write`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from services.caseload.cases import commands, queries
from services.caseload.cases.commands import Change
from services.caseload.cases.schemas import CaseView, ClosingBody, ContactAttemptBody
from shared import web
from shared.auth import Caller, scoped
from shared.contracts.codes import CaseStatus
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/cases", tags=["cases"])
Reader = Annotated[Caller, Depends(scoped("cases:read"))]
Writer = Annotated[Caller, Depends(scoped("cases:write"))]
Expected = Annotated[int, Depends(expected_version)]


@router.get("", summary="The cases you may see, newest first")
async def get_cases(
    caller: Reader,
    session: Session,
    team: UUID | None = None,
    worker: Annotated[UUID | None, Query(description="whose cases")] = None,
    status: CaseStatus | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[CaseView]:
    """A page. A caller that speaks for a team sees that team's cases."""
    filters = queries.Filters(team, worker, status)
    return await queries.list_cases(session, caller, filters, limit=limit, cursor=cursor)


@router.get("/{case_id}", summary="A case")
async def get_case(case_id: UUID, caller: Reader, session: Session, response: Response) -> CaseView:
    """The case, with its ETag; another team's is a 404."""
    view, version = await queries.read_case(session, caller, case_id)
    response.headers["ETag"] = etag(version)
    return view


@router.post(
    "/{case_id}/contact-attempts",
    status_code=201,
    response_model=CaseView,
    summary="Write down a try to reach the client",
)
async def post_contact_attempt(
    case_id: UUID,
    body: ContactAttemptBody,
    caller: Writer,
    session: Session,
    index: Index,
    expected: Expected,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """The case as it is after it. The first try that reached the client is the contact."""
    change = Change(caller, case_id, expected, key)
    return web.answer(await commands.record_contact_attempt(session, index, change, body))


@router.post("/{case_id}/close", response_model=CaseView, summary="Close a case")
async def post_close(
    case_id: UUID,
    body: ClosingBody,
    caller: Writer,
    session: Session,
    index: Index,
    expected: Expected,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """The closed case. The room goes to those who wait, in the same moment."""
    change = Change(caller, case_id, expected, key)
    return web.answer(await commands.close_case(session, index, change, body))
