"""`/v1/group-sessions`: group activity with attendance (scopes `cases:read`, `cases:write`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from services.caseload.group_sessions import commands, queries
from services.caseload.group_sessions.schemas import GroupSessionBody, GroupSessionView
from shared import web
from shared.auth import Caller, scoped
from shared.idempotency import request_key
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import IdempotencyKey, Index, Session

router = APIRouter(prefix="/v1/group-sessions", tags=["group sessions"])
Reader = Annotated[Caller, Depends(scoped("cases:read"))]
Writer = Annotated[Caller, Depends(scoped("cases:write"))]


@router.post(
    "", status_code=201, response_model=GroupSessionView, summary="Write a group session down"
)
async def post_group_session(
    body: GroupSessionBody,
    caller: Writer,
    session: Session,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Who came stays at the team; the event tells how many."""
    request = request_key(
        index,
        caller=caller.client_id,
        key=key,
        operation="POST /v1/group-sessions",
        body=body.model_dump(mode="json"),
    )
    return web.answer(await commands.hold(session, caller, request, body))


@router.get("", summary="Group sessions, last written first")
async def get_group_sessions(
    caller: Reader,
    session: Session,
    team: Annotated[UUID | None, Query(description="the team that held them")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[GroupSessionView]:
    """A page. A caller that speaks for a team sees that team's."""
    return await queries.list_sessions(session, caller, team, limit=limit, cursor=cursor)


@router.get("/{session_id}", summary="A group session")
async def get_group_session(session_id: UUID, caller: Reader, session: Session) -> GroupSessionView:
    """With the cases of those clients who came; another team's is a 404."""
    return await queries.read_session(session, caller, session_id)
