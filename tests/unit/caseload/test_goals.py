"""A goal's life in every state, and how many fit at a time."""

from itertools import product

import pytest

from services.caseload.goals.rules import GoalAction, GoalState, after, is_one_too_many

EXPECTED = {
    (GoalState.OPEN, GoalAction.ATTAIN): GoalState.ATTAINED,
    (GoalState.OPEN, GoalAction.DROP): GoalState.DROPPED,
}


@pytest.mark.parametrize(("state", "action"), list(product(GoalState, GoalAction)))
def test_every_pair_of_state_and_action_has_its_answer(
    state: GoalState, action: GoalAction
) -> None:
    assert after(state, action) == EXPECTED.get((state, action))


@pytest.mark.parametrize(("open_goals", "too_many"), [(0, False), (2, False), (3, True), (4, True)])
def test_goals_are_few_at_a_time(open_goals: int, too_many: bool) -> None:
    assert is_one_too_many(open_goals, limit=3) is too_many
