"""Setting goals, and what became of them. Each one transaction, once per idempotency key."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.cases.changing import Change, Deed, Work, carry_out
from services.caseload.cases.rules import Action
from services.caseload.goals import queries, rules
from services.caseload.goals.rules import GoalAction, GoalState
from services.caseload.goals.schemas import GoalBody, GoalView
from services.caseload.tables import Goal
from shared.contracts.case_life import GoalAttained, GoalDropped, GoalEvent, GoalSet
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer
from shared.ids import new_id
from shared.problems import ILLEGAL_TRANSITION, TOO_MANY_OPEN_GOALS, Problem

_EVENTS: dict[GoalAction, type[GoalEvent]] = {
    GoalAction.ATTAIN: GoalAttained,
    GoalAction.DROP: GoalDropped,
}


async def set_goal(
    session: AsyncSession,
    index: BlindIndex,
    cipher: FieldCipher,
    change: Change,
    body: GoalBody,
    *,
    limit: int,
) -> Answer:
    """Sets a goal. Raises `too_many_open_goals` when as many as `limit` are open."""

    async def do(work: Work) -> GoalView:
        work.take(Action.SET_GOAL)
        if rules.is_one_too_many(await queries.count_open(session, work.case.id), limit):
            raise Problem(TOO_MANY_OPEN_GOALS)
        goal_id = new_id()
        goal = Goal(
            id=goal_id,
            case_id=work.case.id,
            area=body.area,
            wording=_sealed(cipher, goal_id, body.text),
            state=GoalState.OPEN,
            set_at=work.now,
        )
        session.add(goal)
        work.tell(GoalSet, goal_id=goal.id, area=goal.area)
        return queries.view_of(goal)

    return await carry_out(session, index, change, Deed("goals", "goal.set", 201), body, do)


async def end_goal(
    session: AsyncSession, index: BlindIndex, change: Change, goal_id: UUID, action: GoalAction
) -> Answer:
    """The goal was attained, or is no longer one."""

    async def do(work: Work) -> GoalView:
        work.take(Action.END_GOAL)
        goal = await queries.get_goal(session, work.case.id, goal_id)
        state = rules.after(GoalState(goal.state), action)
        if state is None:
            raise Problem(ILLEGAL_TRANSITION, f"A goal that is {goal.state} allows no {action}.")
        goal.state = state
        goal.ended_at = work.now
        work.tell(_EVENTS[action], goal_id=goal.id, area=goal.area)
        return queries.view_of(goal)

    deed = Deed(f"goals/{goal_id}/{action}", f"goal.{action}")
    return await carry_out(session, index, change, deed, None, do)


def _sealed(cipher: FieldCipher, goal_id: UUID, text: str | None) -> bytes | None:
    return None if text is None else cipher.encrypt(text.encode(), queries.place_of(goal_id))
