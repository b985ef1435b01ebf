"""The life of a placement on the service ladder; pure.

It goes on until a last day is told. What was written wrongly is corrected where it stands; what
never was is marked as entered in error, and stays so.
"""

from datetime import date
from enum import StrEnum


class Standing(StrEnum):
    """Where a placement stands."""

    OPEN = "open"
    ENDED = "ended"
    ENTERED_IN_ERROR = "entered_in_error"


class Action(StrEnum):
    """What can be done about a placement."""

    END = "end"
    CORRECT = "correct"
    VOID = "void"


S = Standing

_TRANSITIONS: dict[tuple[Standing, Action], Standing] = {
    (S.OPEN, Action.END): S.ENDED,
    (S.OPEN, Action.CORRECT): S.OPEN,
    (S.OPEN, Action.VOID): S.ENTERED_IN_ERROR,
    (S.ENDED, Action.CORRECT): S.ENDED,
    (S.ENDED, Action.VOID): S.ENTERED_IN_ERROR,
}


def after(standing: Standing, action: Action) -> Standing | None:
    """Where an action leads; None when the placement does not allow it."""
    return _TRANSITIONS.get((standing, action))


def standing_of(ends_on: date | None, *, entered_in_error: bool) -> Standing:
    """Where a placement with this last day stands."""
    if entered_in_error:
        return Standing.ENTERED_IN_ERROR
    return Standing.OPEN if ends_on is None else Standing.ENDED


def is_reversed(starts_on: date, ends_on: date | None) -> bool:
    """Whether the last day lies before the first; a placement of one day has both the same."""
    return ends_on is not None and ends_on < starts_on
