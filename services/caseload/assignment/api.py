"""`/v1/cases/{id}/assignment` and `/v1/waitlist`: why, and who waits (scope `cases:read`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.caseload.assignment import explaining, waitlist
from services.caseload.assignment.schemas import AssignmentView, PlaceView
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Session

router = APIRouter(prefix="/v1", tags=["assignment"])
Reader = Annotated[Caller, Depends(scoped("cases:read"))]


@router.get("/cases/{case_id}/assignment", summary="Why these workers, or why a client waits")
async def get_assignment(case_id: UUID, caller: Reader, session: Session) -> AssignmentView:
    """Every team and worker that was looked at, with their score and why, or why not."""
    return await explaining.read_assignment(session, caller, case_id)


@router.get("/waitlist", summary="Who waits, the next one first")
async def get_waitlist(
    caller: Reader,
    session: Session,
    team: Annotated[UUID | None, Query(description="who waits for this team")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[PlaceView]:
    """A page, in the order in which room will be given."""
    return await waitlist.list_places(session, caller, team, limit=limit, cursor=cursor)
