"""How actions move a case, and which moment a contact can have had; pure.

Nothing but tries to reach the client comes before the first contact, save what does not need the
client: where they live, their segment, a visit agreed on through others. Support begins when the
assessment is done, or when a cadence is agreed on for a client who was assessed elsewhere. Long
support ends gradually (tapering). A case that is being handed over stays open until it is closed;
when no receiver is left, it is back in support.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.codes import CaseStatus, ClosingReason

S = CaseStatus
CLOCK_SKEW = timedelta(minutes=1)
BEFORE_OPENING = timedelta(days=1)
"""A worker may write down later the contact that was made while the case was being opened."""


class Action(StrEnum):
    """What can be done to a case."""

    ATTEMPT_CONTACT = "attempt_contact"
    REACH = "reach"
    CHANGE_HOUSING = "change_housing"
    SET_SEGMENT = "set_segment"
    BOOK_VISIT = "book_visit"
    KEEP_VISIT = "keep_visit"
    CANCEL_VISIT = "cancel_visit"
    START_ASSESSMENT = "start_assessment"
    COMPLETE_ASSESSMENT = "complete_assessment"
    SET_GOAL = "set_goal"
    END_GOAL = "end_goal"
    RECORD_MOTIVATION = "record_motivation"
    AGREE_CADENCE = "agree_cadence"
    TAPER = "taper"
    PROPOSE_HANDOVER = "propose_handover"
    ADVANCE_HANDOVER = "advance_handover"
    BOUNCE_BACK = "bounce_back"
    REASSIGN = "reassign"
    RECORD_GROUND = "record_ground"
    CLOSE = "close"
    CLOSE_HANDED_OVER = "close_handed_over"


def _staying(
    statuses: Iterable[CaseStatus], *actions: Action
) -> dict[tuple[CaseStatus, Action], CaseStatus]:
    return {(status, action): status for status in statuses for action in actions}


_OPEN = tuple(status for status in S if status != S.CLOSED)
_REACHED = tuple(status for status in _OPEN if status not in (S.ASSIGNED, S.CONTACTING))

_TRANSITIONS: dict[tuple[CaseStatus, Action], CaseStatus] = {
    **_staying(_OPEN, Action.ATTEMPT_CONTACT, Action.REACH),
    (S.ASSIGNED, Action.ATTEMPT_CONTACT): S.CONTACTING,
    (S.ASSIGNED, Action.REACH): S.CONTACTED,
    (S.CONTACTING, Action.REACH): S.CONTACTED,
    **_staying(_OPEN, Action.CHANGE_HOUSING, Action.SET_SEGMENT),
    **_staying(_OPEN, Action.BOOK_VISIT, Action.KEEP_VISIT, Action.CANCEL_VISIT),
    (S.ASSIGNED, Action.KEEP_VISIT): S.CONTACTED,
    (S.CONTACTING, Action.KEEP_VISIT): S.CONTACTED,
    (S.CONTACTED, Action.START_ASSESSMENT): S.ASSESSMENT,
    (S.SUPPORT, Action.START_ASSESSMENT): S.ASSESSMENT,
    (S.ASSESSMENT, Action.COMPLETE_ASSESSMENT): S.SUPPORT,
    **_staying(_REACHED, Action.SET_GOAL, Action.END_GOAL, Action.RECORD_MOTIVATION),
    **_staying(_REACHED, Action.AGREE_CADENCE),
    (S.CONTACTED, Action.AGREE_CADENCE): S.SUPPORT,
    (S.TAPERING, Action.AGREE_CADENCE): S.SUPPORT,
    (S.SUPPORT, Action.TAPER): S.TAPERING,
    (S.TAPERING, Action.TAPER): S.TAPERING,
    **{(status, Action.PROPOSE_HANDOVER): S.HANDOVER for status in _REACHED},
    (S.HANDOVER, Action.ADVANCE_HANDOVER): S.HANDOVER,
    (S.HANDOVER, Action.BOUNCE_BACK): S.SUPPORT,
    **_staying(_OPEN, Action.REASSIGN, Action.RECORD_GROUND),
    **{(status, Action.CLOSE): S.CLOSED for status in _OPEN},
    (S.HANDOVER, Action.CLOSE_HANDED_OVER): S.CLOSED,
}


def after(status: CaseStatus, action: Action) -> CaseStatus | None:
    """Where an action leads from a status; None when the status does not allow it."""
    return _TRANSITIONS.get((status, action))


def closing(reason: ClosingReason) -> Action:
    """The action that closing for this reason is."""
    return Action.CLOSE_HANDED_OVER if reason == ClosingReason.HANDED_OVER else Action.CLOSE


def cadence(tapering: bool) -> Action:
    """The action that setting a cadence is."""
    return Action.TAPER if tapering else Action.AGREE_CADENCE


def contact_time_error(at: datetime, opened_at: datetime, now: datetime) -> str | None:
    """Why a contact cannot have been at this moment: yet to come, or before the case."""
    if at > now + CLOCK_SKEW:
        return "in_the_future"
    return before_the_case(at, opened_at)


def before_the_case(at: datetime, opened_at: datetime) -> str | None:
    """Why something of the case cannot have been so early."""
    return "before_the_case" if at < opened_at - BEFORE_OPENING else None
