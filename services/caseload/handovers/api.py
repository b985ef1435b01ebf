"""`/v1/cases/{id}/handovers`, `/v1/handovers` and `/v1/follow-ups`: warm handovers.

Scopes `cases:read` and `cases:write` for the team; `handovers:answer` for a receiving service,
whose id the token's `org` names: it sees the handovers that it is asked for, and nothing else.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from services.caseload.cases.changing import Change
from services.caseload.cases.dependencies import CaseChange, Expected, Policy, Reader
from services.caseload.handovers import commands, following_up, queries
from services.caseload.handovers.rules import ANSWER_SCOPE, HandoverState
from services.caseload.handovers.schemas import (
    DecliningBody,
    DueFollowUpView,
    FailingBody,
    FollowUpBody,
    HandoverView,
    MeetingBody,
    ProposalBody,
    ReceivedView,
)
from shared import web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import IdempotencyKey, Index, Session, etag

router = APIRouter(prefix="/v1/cases/{case_id}/handovers", tags=["handovers"])
lists_router = APIRouter(prefix="/v1", tags=["handovers"])

Onlooker = Annotated[Caller, Depends(scoped("cases:read", ANSWER_SCOPE))]
Answerer = Annotated[Caller, Depends(scoped("cases:write", ANSWER_SCOPE))]
Receiver = Annotated[Caller, Depends(scoped(ANSWER_SCOPE))]
View = HandoverView | ReceivedView


async def _answering(
    case_id: UUID, caller: Answerer, expected: Expected, key: IdempotencyKey = None
) -> Change:
    return Change(caller, case_id, expected, key)


Answering = Annotated[Change, Depends(_answering)]


@router.post("", status_code=201, response_model=HandoverView, summary="Propose a handover")
async def post_handover(
    body: ProposalBody, change: CaseChange, session: Session, index: Index, policy: Policy
) -> JSONResponse:
    """The handover; it comes back by itself when nobody has answered by `answer_due_at`."""
    days = policy.handover_answer_days
    return web.answer(await commands.propose(session, index, change, body, days=days))


@router.get("/{handover_id}", response_model=View, summary="A handover")
async def get_handover(
    case_id: UUID, handover_id: UUID, caller: Onlooker, session: Session, response: Response
) -> View:
    """The handover as far as you may see it. Its ETag is the case's for the team, its own for the
    receiving service."""
    view, version = await queries.read_handover(session, caller, case_id, handover_id)
    response.headers["ETag"] = etag(version)
    return view


@router.post("/{handover_id}/accept", response_model=View, summary="The receiver says yes")
async def post_accept(
    handover_id: UUID, change: Answering, session: Session, index: Index
) -> JSONResponse:
    """The handover. The receiving service answers itself, or the team writes its answer down."""
    return web.answer(await commands.accept(session, index, change, handover_id))


@router.post("/{handover_id}/decline", response_model=View, summary="The receiver says no")
async def post_decline(
    handover_id: UUID,
    change: Answering,
    session: Session,
    index: Index,
    body: DecliningBody | None = None,
) -> JSONResponse:
    """The handover; the client stays with the team."""
    sent = body or DecliningBody()
    return web.answer(await commands.decline(session, index, change, handover_id, sent))


@router.post("/{handover_id}/joint-meeting", response_model=HandoverView, summary="All have met")
async def post_joint_meeting(
    handover_id: UUID,
    change: CaseChange,
    session: Session,
    index: Index,
    body: MeetingBody | None = None,
) -> JSONResponse:
    """The handover, whose client, team and receiver have met for the first time."""
    sent = body or MeetingBody()
    return web.answer(await commands.hold_joint_meeting(session, index, change, handover_id, sent))


@router.post("/{handover_id}/confirm", response_model=View, summary="The receiver has the client")
async def post_confirm(
    handover_id: UUID, change: Answering, session: Session, index: Index
) -> JSONResponse:
    """The handover, done. It needs the joint meeting before; the case can be closed after."""
    return web.answer(await commands.confirm(session, index, change, handover_id))


@router.post("/{handover_id}/fail", response_model=HandoverView, summary="It came to nothing")
async def post_fail(
    handover_id: UUID,
    change: CaseChange,
    session: Session,
    index: Index,
    body: FailingBody | None = None,
) -> JSONResponse:
    """The handover; the client stays with the team."""
    sent = body or FailingBody()
    return web.answer(await commands.fail(session, index, change, handover_id, sent))


@router.post(
    "/{handover_id}/follow-ups",
    status_code=201,
    response_model=HandoverView,
    summary="Is the client still there?",
)
async def post_follow_up(
    handover_id: UUID, body: FollowUpBody, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The handover with the answer after 30 or 90 days."""
    return web.answer(await following_up.follow_up(session, index, change, handover_id, body))


@lists_router.get("/handovers", summary="The handovers that you are asked for, newest first")
async def get_handovers(
    caller: Receiver,
    session: Session,
    status: HandoverState | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[ReceivedView]:
    """A page, for a receiving service."""
    return await queries.list_received(session, caller, status, limit=limit, cursor=cursor)


@lists_router.get("/follow-ups", summary="Handovers of which it should be asked how they went")
async def get_follow_ups(
    caller: Reader,
    session: Session,
    team: UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[DueFollowUpView]:
    """A page of what is due now, for a team."""
    return await following_up.list_due(session, caller, team, limit=limit, cursor=cursor)
