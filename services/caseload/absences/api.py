"""`/v1/workers/{id}/absences`: who takes no new cases for a while (scope `teams:admin`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from services.caseload.absences import commands, queries
from services.caseload.absences.schemas import AbsenceBody, AbsenceView
from shared import web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/workers/{worker_id}/absences", tags=["workers"])
Admin = Annotated[Caller, Depends(scoped("teams:admin"))]
Expected = Annotated[int, Depends(expected_version)]


@router.get("", summary="A worker's absences, the latest recorded first")
async def get_absences(
    worker_id: UUID,
    caller: Admin,
    session: Session,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[AbsenceView]:
    """A page, with those that were cancelled."""
    return await queries.list_absences(session, caller, worker_id, limit=limit, cursor=cursor)


@router.get("/{absence_id}", summary="An absence")
async def get_absence(
    worker_id: UUID, absence_id: UUID, caller: Admin, session: Session, response: Response
) -> AbsenceView:
    """The absence, with its ETag."""
    await queries.worker_in_sight(session, caller, worker_id)
    absence = await queries.absence_of(session, worker_id, absence_id)
    response.headers["ETag"] = etag(absence.version)
    return queries.view_of(absence)


@router.post("", status_code=201, response_model=AbsenceView, summary="A worker is absent")
async def post_absence(
    worker_id: UUID,
    body: AbsenceBody,
    caller: Admin,
    session: Session,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """The absence. From the next referral on the worker is no candidate on these days; the cases
    they have stay theirs until somebody reassigns them."""
    return web.answer(await commands.record_absence(session, index, caller, worker_id, body, key))


@router.post(
    "/{absence_id}/cancel", response_model=AbsenceView, summary="A worker is not absent after all"
)
async def post_cancel(
    worker_id: UUID, absence_id: UUID, caller: Admin, session: Session, expected: Expected
) -> JSONResponse:
    """The cancelled absence. The room goes to those who wait, in the same moment."""
    return web.answer(
        await commands.cancel_absence(session, caller, worker_id, absence_id, expected)
    )
