"""A goal's life, and how many a client has at a time; pure."""

from enum import StrEnum


class GoalState(StrEnum):
    """Where a goal stands."""

    OPEN = "open"
    ATTAINED = "attained"
    DROPPED = "dropped"


class GoalAction(StrEnum):
    """What can be done to a goal."""

    ATTAIN = "attain"
    DROP = "drop"


_TRANSITIONS: dict[tuple[GoalState, GoalAction], GoalState] = {
    (GoalState.OPEN, GoalAction.ATTAIN): GoalState.ATTAINED,
    (GoalState.OPEN, GoalAction.DROP): GoalState.DROPPED,
}


def after(state: GoalState, action: GoalAction) -> GoalState | None:
    """Where an action leads from a state; None when the state does not allow it."""
    return _TRANSITIONS.get((state, action))


def is_one_too_many(open_goals: int, limit: int) -> bool:
    """Whether a client with so many open goals should first come through with one of them."""
    return open_goals >= limit
