"""`/v1/cases/{id}/visits`: meetings with the client (scopes `cases:read`, `cases:write`)."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.cases.dependencies import CaseChange, Policy, Reader
from services.caseload.visits import commands, queries
from services.caseload.visits.schemas import BookingBody, CancellingBody, KeepingBody, VisitView
from shared import web
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/visits", tags=["visits"])


@router.get("", summary="The visits of a case, the latest booked first")
async def get_visits(
    case_id: UUID,
    caller: Reader,
    session: Session,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[VisitView]:
    """A page; go on with `next`, also with that of the case itself."""
    return await queries.list_visits(session, caller, case_id, limit=limit, cursor=cursor)


@router.post("", status_code=201, response_model=VisitView, summary="Book a visit")
async def post_visit(
    body: BookingBody, change: CaseChange, session: Session, index: Index, policy: Policy
) -> JSONResponse:
    """The visit, and `warnings`: a fourth meeting with a psychiatric nurse is one."""
    limit = policy.nurse_meetings
    return web.answer(await commands.book_visit(session, index, change, body, nurse_limit=limit))


@router.post("/{visit_id}/keep", response_model=VisitView, summary="A visit took place")
async def post_keep(
    visit_id: UUID,
    change: CaseChange,
    session: Session,
    index: Index,
    policy: Policy,
    body: KeepingBody | None = None,
) -> JSONResponse:
    """The visit. One kept before its time was held now; the first one may be the first contact."""
    limit = policy.nurse_meetings
    return web.answer(
        await commands.keep_visit(session, index, change, visit_id, body, nurse_limit=limit)
    )


@router.post("/{visit_id}/cancel", response_model=VisitView, summary="Call a visit off")
async def post_cancel(
    visit_id: UUID,
    change: CaseChange,
    session: Session,
    index: Index,
    policy: Policy,
    body: CancellingBody | None = None,
) -> JSONResponse:
    """The visit that did not, or will not, take place."""
    sent, limit = body or CancellingBody(), policy.nurse_meetings
    return web.answer(
        await commands.cancel_visit(session, index, change, visit_id, sent, nurse_limit=limit)
    )
