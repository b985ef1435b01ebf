"""`/v1/cases/{id}/goals`: the client's small goals (scope `cases:write`)."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.cases.dependencies import CaseChange, Policy
from services.caseload.goals import commands
from services.caseload.goals.rules import GoalAction
from services.caseload.goals.schemas import GoalBody, GoalView
from shared import web
from shared.web import Cipher, Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/goals", tags=["goals"])


@router.post("", status_code=201, response_model=GoalView, summary="Set a goal")
async def post_goal(
    body: GoalBody,
    change: CaseChange,
    session: Session,
    index: Index,
    cipher: Cipher,
    policy: Policy,
) -> JSONResponse:
    """The goal, without its words; a few at a time, the next when one is done."""
    return web.answer(
        await commands.set_goal(session, index, cipher, change, body, limit=policy.open_goals)
    )


@router.post("/{goal_id}/attain", response_model=GoalView, summary="A goal was attained")
async def post_attain(
    goal_id: UUID, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The goal."""
    return web.answer(await commands.end_goal(session, index, change, goal_id, GoalAction.ATTAIN))


@router.post("/{goal_id}/drop", response_model=GoalView, summary="A goal is no longer one")
async def post_drop(
    goal_id: UUID, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The goal."""
    return web.answer(await commands.end_goal(session, index, change, goal_id, GoalAction.DROP))
