"""A visit's life, when it can be, and how many a psychiatric nurse is for; pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.codes import Profession

AT_MOST_AHEAD = timedelta(days=366)


class VisitState(StrEnum):
    """Where a visit stands."""

    BOOKED = "booked"
    KEPT = "kept"
    CANCELLED = "cancelled"


class VisitAction(StrEnum):
    """What can be done to a visit."""

    KEEP = "keep"
    CANCEL = "cancel"


_TRANSITIONS: dict[tuple[VisitState, VisitAction], VisitState] = {
    (VisitState.BOOKED, VisitAction.KEEP): VisitState.KEPT,
    (VisitState.BOOKED, VisitAction.CANCEL): VisitState.CANCELLED,
}


def after(state: VisitState, action: VisitAction) -> VisitState | None:
    """Where an action leads from a state; None when the state does not allow it."""
    return _TRANSITIONS.get((state, action))


def too_far_ahead(at: datetime, now: datetime) -> str | None:
    """Why a visit cannot be booked so late. One in the past can: it is written down afterwards."""
    return "too_far_ahead" if at > now + AT_MOST_AHEAD else None


def held_at(booked_for: datetime, told: datetime | None, now: datetime) -> datetime:
    """When a kept visit took place: as told, else as booked, or now if that is still to come."""
    return told or min(booked_for, now)


def with_nurse(professions: Iterable[Profession]) -> bool:
    """Whether a psychiatric nurse takes part."""
    return Profession.PSYCHIATRIC_NURSE in professions


def over_nurse_limit(meetings: int, limit: int) -> bool:
    """Whether a case holds more meetings with a nurse than a nurse in a social team is for.

    A warning, never a refusal (Päijät-Häme: one to three meetings).
    """
    return meetings > limit
