"""Where a document stands between the two records, and what a receipt means; pure.

The written permission, the joint plan and the needed facts belong into both records, and are done
only when both have confirmed. One confirmation of two is half a state, which somebody must see.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.codes import ConsentDirection, Sector

SKEW = timedelta(minutes=5)
"""So far may the clock of a record system run ahead of ours."""

OTHER = {Sector.SOCIAL: Sector.HEALTH, Sector.HEALTH: Sector.SOCIAL}

DIRECTION_TO = {
    Sector.HEALTH: ConsentDirection.SOCIAL_TO_HEALTH,
    Sector.SOCIAL: ConsentDirection.HEALTH_TO_SOCIAL,
}
"""The direction of a consent by which a record may be told what was written in the other."""


class State(StrEnum):
    """Where a document stands. `stored`: the one record that may have it has confirmed, and the
    client's word keeps it from the other."""

    PENDING = "pending"
    HALF_STORED = "half_stored"
    STORED = "stored"
    STORED_IN_BOTH = "stored_in_both"
    CONFLICT = "conflict"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What happens to a document."""

    ANNOUNCE = "announce"
    CONFIRM_ONE = "confirm_one"
    CONFIRM_BOTH = "confirm_both"
    CONFIRM_ONLY = "confirm_only"
    CONTRADICT = "contradict"
    WITHDRAW = "withdraw"


_PENDING, _HALF, _STORED, _BOTH, _CONFLICT, _WITHDRAWN = State

TRANSITIONS: Mapping[State, tuple[State, ...]] = {
    # announce, confirm one, confirm both, confirm only, contradict, withdraw
    _PENDING: (_PENDING, _HALF, _BOTH, _STORED, _CONFLICT, _WITHDRAWN),
    _HALF: (_PENDING, _HALF, _BOTH, _STORED, _CONFLICT, _WITHDRAWN),
    _STORED: (_PENDING, _STORED, _STORED, _STORED, _CONFLICT, _WITHDRAWN),
    _BOTH: (_PENDING, _BOTH, _BOTH, _BOTH, _CONFLICT, _WITHDRAWN),
    _CONFLICT: (_PENDING, _CONFLICT, _CONFLICT, _CONFLICT, _CONFLICT, _WITHDRAWN),
    _WITHDRAWN: (_PENDING, _WITHDRAWN, _WITHDRAWN, _WITHDRAWN, _WITHDRAWN, _WITHDRAWN),
}
"""Where each action leads, in the order of `Action`. A new text begins anew, whatever was: it is
the way out of a conflict and of a withdrawal. What was withdrawn stays so whatever the records
confirm afterwards, and a conflict stays for people to see."""


def after(state: State, action: Action) -> State:
    """Where an action leads from a state; every pair has its answer."""
    return TRANSITIONS[state][list(Action).index(action)]


class Outcome(StrEnum):
    """What became of a receipt. `superseded`: it came for a text that a newer one has replaced,
    and counts for nothing but its own log."""

    STORED = "stored"
    SUPERSEDED = "superseded"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Copy:
    """What a record was told of a document, and what it has confirmed of it."""

    record: Sector
    announced: int
    stored: int | None = None
    record_id: str | None = None
    withdrawn: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether the record holds the text it was told of last."""
        return self.stored == self.announced


def outcome_of(copy: Copy, number: int, record_id: str) -> Outcome:
    """What a record's receipt for a text means: another id for the same text is a conflict."""
    if number < copy.announced:
        return Outcome.SUPERSEDED
    if copy.confirmed and copy.record_id != record_id:
        return Outcome.CONFLICT
    return Outcome.STORED


def confirmation(copies: Collection[Copy]) -> Action:
    """What a confirmation amounts to, once it is noted on its copy."""
    due = [copy for copy in copies if not copy.withdrawn]
    if not all(copy.confirmed for copy in due):
        return Action.CONFIRM_ONE
    return Action.CONFIRM_BOTH if len(due) == len(Sector) else Action.CONFIRM_ONLY


def missing(copies: Collection[Copy]) -> tuple[Sector, ...]:
    """The records that may have the text and have not confirmed it."""
    return tuple(
        sorted(copy.record for copy in copies if not copy.withdrawn and not copy.confirmed)
    )


def is_ahead(stored_at: datetime, now: datetime) -> bool:
    """Whether a record system says that it stored something in times to come."""
    return stored_at > now + SKEW
