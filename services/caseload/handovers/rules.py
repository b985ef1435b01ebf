"""A warm handover's life, and who may answer it; pure.

Done (confirmed) means two things: a first joint meeting took place, and then the receiving service
said that it has the client. Until then the client is the team's, and comes back to it alone when
no receiving service is left.
"""

from collections.abc import Set
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

ANSWER_SCOPE = "handovers:answer"
FOLLOW_UP_DAYS = (30, 90)
"""When it is asked whether the client is still with the receiving service."""


class HandoverState(StrEnum):
    """Where a handover stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    ACCOMPANIED = "accompanied"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    FAILED = "failed"


class HandoverAction(StrEnum):
    """What can be done to a handover; `expire` is the clock's doing."""

    ACCEPT = "accept"
    DECLINE = "decline"
    MEET = "meet"
    CONFIRM = "confirm"
    FAIL = "fail"
    EXPIRE = "expire"


H = HandoverState
UNDER_WAY = (H.PROPOSED, H.ACCEPTED, H.ACCOMPANIED)
HOLDING = (*UNDER_WAY, H.CONFIRMED)
"""While a case has a handover in one of these, it is being handed over."""

_TRANSITIONS: dict[tuple[HandoverState, HandoverAction], HandoverState] = {
    (H.PROPOSED, HandoverAction.ACCEPT): H.ACCEPTED,
    (H.PROPOSED, HandoverAction.DECLINE): H.DECLINED,
    (H.PROPOSED, HandoverAction.EXPIRE): H.FAILED,
    (H.ACCEPTED, HandoverAction.MEET): H.ACCOMPANIED,
    (H.ACCOMPANIED, HandoverAction.CONFIRM): H.CONFIRMED,
    **{(state, HandoverAction.FAIL): H.FAILED for state in UNDER_WAY},
}


def after(state: HandoverState, action: HandoverAction) -> HandoverState | None:
    """Where an action leads from a state; None when the state does not allow it."""
    return _TRANSITIONS.get((state, action))


def is_receiver(scopes: Set[str], org: str | None, receiver_id: UUID | None) -> bool:
    """Whether a caller answers for the receiving service."""
    if ANSWER_SCOPE not in scopes or receiver_id is None:
        return False
    return org is not None and org.lower() == str(receiver_id)


def answer_due(proposed_at: datetime, days: int) -> datetime:
    """When a handover that nobody answered comes back to the team."""
    return proposed_at + timedelta(days=days)


def follow_up_due(confirmed_at: datetime, days: int) -> datetime:
    """When it may first be told whether the client is still there after so many days."""
    return confirmed_at + timedelta(days=days)
