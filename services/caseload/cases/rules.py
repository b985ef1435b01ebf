"""How actions move a case, and which moment a contact can have had; pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.codes import CaseStatus

S = CaseStatus
CLOCK_SKEW = timedelta(minutes=1)
BEFORE_OPENING = timedelta(days=1)
"""A worker may write down later the contact that was made while the case was being opened."""


class Action(StrEnum):
    """What can be done to a case."""

    ATTEMPT_CONTACT = "attempt_contact"
    REACH = "reach"
    CLOSE = "close"


_OPEN = tuple(status for status in S if status != S.CLOSED)

_TRANSITIONS: dict[tuple[CaseStatus, Action], CaseStatus] = {
    **{(status, Action.ATTEMPT_CONTACT): status for status in _OPEN},
    **{(status, Action.REACH): status for status in _OPEN},
    (S.ASSIGNED, Action.ATTEMPT_CONTACT): S.CONTACTING,
    (S.ASSIGNED, Action.REACH): S.CONTACTED,
    (S.CONTACTING, Action.REACH): S.CONTACTED,
    **{(status, Action.CLOSE): S.CLOSED for status in _OPEN},
}


def after(status: CaseStatus, action: Action) -> CaseStatus | None:
    """Where an action leads from a status; None when the status does not allow it."""
    return _TRANSITIONS.get((status, action))


def contact_time_error(at: datetime, opened_at: datetime, now: datetime) -> str | None:
    """Why a contact cannot have been at this moment: yet to come, or before the case."""
    if at > now + CLOCK_SKEW:
        return "in_the_future"
    if at < opened_at - BEFORE_OPENING:
        return "before_the_case"
    return None
