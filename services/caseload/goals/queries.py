"""Reading the goals of a case; whoever shows them logs it in the transaction."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.goals.rules import GoalState
from services.caseload.goals.schemas import GoalView, WordedGoalView
from services.caseload.tables import Goal
from shared.contracts.codes import GoalArea
from shared.crypto import FieldCipher
from shared.problems import NOT_FOUND, Problem


async def goals_of(
    session: AsyncSession, cipher: FieldCipher, case_id: UUID
) -> list[WordedGoalView]:
    """The goals of a case in the order in which they were set."""
    rows = await session.scalars(
        select(Goal).where(col(Goal.case_id) == case_id).order_by(col(Goal.id))
    )
    return [WordedGoalView(**view_of(goal).model_dump(), text=_text(cipher, goal)) for goal in rows]


async def get_goal(session: AsyncSession, case_id: UUID, goal_id: UUID) -> Goal:
    """A goal of the case. Raises `not_found`."""
    goal = await session.get(Goal, goal_id)
    if goal is None or goal.case_id != case_id:
        raise Problem(NOT_FOUND)
    return goal


async def count_open(session: AsyncSession, case_id: UUID) -> int:
    """How many goals of the case are open."""
    count = await session.scalar(
        select(func.count()).where(col(Goal.case_id) == case_id, col(Goal.state) == GoalState.OPEN)
    )
    return count or 0


def view_of(goal: Goal) -> GoalView:
    """The goal without its words: answers are kept for repeats, and hold nothing in the clear."""
    return GoalView(
        id=goal.id,
        case=goal.case_id,
        area=GoalArea(goal.area),
        status=GoalState(goal.state),
        set_at=goal.set_at,
        ended_at=goal.ended_at,
    )


def place_of(goal_id: UUID) -> str:
    """What ties a goal's ciphertext to its row."""
    return f"goals/{goal_id}"


def _text(cipher: FieldCipher, goal: Goal) -> str | None:
    if goal.wording is None:
        return None
    return cipher.decrypt(goal.wording, place_of(goal.id)).decode()
