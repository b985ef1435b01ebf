"""`/v1/cases`: a team's cases and the work on them (scopes `cases:read`, `cases:write`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from services.caseload.cases import commands, details, queries
from services.caseload.cases.dependencies import CaseChange, Policy, Reader
from services.caseload.cases.detail_schemas import CaseDetailView
from services.caseload.cases.schemas import CaseView, ClosingBody, ContactAttemptBody
from services.caseload.deadlines.rules import When
from shared import web
from shared.contracts.codes import CaseStatus
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Cipher, Index, Session, etag

router = APIRouter(prefix="/v1/cases", tags=["cases"])


@router.get("", summary="The cases you may see, newest first")
async def get_cases(
    caller: Reader,
    session: Session,
    team: UUID | None = None,
    worker: Annotated[UUID | None, Query(description="whose cases")] = None,
    status: CaseStatus | None = None,
    due: Annotated[
        When | None,
        Query(
            description="whose contact or assessment is late (`overdue`), or due today or in the "
            "next seven days and still to come"
        ),
    ] = None,
    client_ref: Annotated[
        UUID | None, Query(description="whose; cases under their other refs are found too")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[CaseView]:
    """A page. A caller that speaks for a team sees that team's cases."""
    filters = queries.Filters(team, worker, status, due, client_ref)
    return await queries.list_cases(session, caller, filters, limit=limit, cursor=cursor)


@router.get("/{case_id}", summary="A case")
async def get_case(
    case_id: UUID, caller: Reader, session: Session, cipher: Cipher, response: Response
) -> CaseDetailView:
    """The case with all that belongs to it, and its ETag; another team's is a 404."""
    view, version = await details.read_case(session, cipher, caller, case_id)
    response.headers["ETag"] = etag(version)
    return view


@router.post(
    "/{case_id}/contact-attempts",
    status_code=201,
    response_model=CaseView,
    summary="Write down a try to reach the client",
)
async def post_contact_attempt(
    body: ContactAttemptBody, change: CaseChange, session: Session, index: Index, policy: Policy
) -> JSONResponse:
    """The case as it is after it. The first try that reached the client is the contact."""
    limit = policy.contact_attempts
    return web.answer(
        await commands.record_contact_attempt(session, index, change, body, escalate_after=limit)
    )


@router.post("/{case_id}/close", response_model=CaseView, summary="Close a case")
async def post_close(
    body: ClosingBody, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The closed case. The room goes to those who wait, in the same moment."""
    return web.answer(await commands.close_case(session, index, change, body))
