"""The order of the line: a pure, total order, the same for showing it and for giving room.

Whoever needs help at once is first. A routine client who has waited long counts as urgent. Among
equals the day of arrival decides, within a day a near release or discharge, then the moment. A lead
may let somebody stand where another stands, right before them; they then age as that one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.caseload.assignment.why import Why
from shared.contracts.codes import Urgency

FINLAND = ZoneInfo("Europe/Helsinki")
BY_URGENCY = (Urgency.IMMEDIATE, Urgency.URGENT, Urgency.ROUTINE)
AGES_AFTER = timedelta(days=14)
"""After so long a routine client counts as urgent."""
SOON = timedelta(days=30)
"""A release or discharge further away changes nothing yet: there is a roof until then."""

Priority = tuple[int, date, date, datetime, UUID, float, UUID]
"""Compares places in line: the smaller is nearer to the front."""

_URGENCIES = {
    Urgency.IMMEDIATE: Why.IMMEDIATE,
    Urgency.URGENT: Why.URGENT,
    Urgency.ROUTINE: Why.ROUTINE,
}


@dataclass(frozen=True)
class Place:
    """What orders a place. `stands_at` is whose position it has, its own unless a lead moved it;
    `offset` orders those who stand at one position, the one it belongs to at 0."""

    id: UUID
    urgency: Urgency
    received_at: datetime
    leaves_institution_on: date | None = None
    stands_at: UUID | None = None
    offset: float = 0.0


def most_urgent(*urgencies: Urgency) -> Urgency:
    """The most urgent of some."""
    return min(urgencies, key=BY_URGENCY.index)


def priority(place: Place, now: datetime) -> Priority:
    """Where a place stands in line at a moment; no two places stand at one."""
    urgency = Urgency.URGENT if has_aged(place, now) else place.urgency
    leaves_on = place.leaves_institution_on if leaves_soon(place, now) else None
    return (
        BY_URGENCY.index(urgency),
        place.received_at.astimezone(FINLAND).date(),
        leaves_on or date.max,
        place.received_at,
        place.stands_at or place.id,
        place.offset,
        place.id,
    )


def has_aged(place: Place, now: datetime) -> bool:
    """Whether a routine client has waited so long that they count as urgent."""
    return place.urgency == Urgency.ROUTINE and now - place.received_at >= AGES_AFTER


def leaves_soon(place: Place, now: datetime) -> bool:
    """Whether the client leaves an institution soon, or has left it."""
    day = place.leaves_institution_on
    return day is not None and day - now.astimezone(FINLAND).date() <= SOON


def explain(own: Place, moved: bool, held: bool, now: datetime) -> tuple[Why, ...]:
    """Why a place is where it is: its own grounds, whether a lead moved it, and whether it is held
    by a pause."""
    grounds = {
        Why.WAITS_FOR_INTAKE: held,
        Why.MOVED: moved,
        _URGENCIES[own.urgency]: True,
        Why.AGED: has_aged(own, now),
        Why.LEAVES_SOON: leaves_soon(own, now),
        Why.LONGEST_FIRST: True,
    }
    return tuple(why for why, holds in grounds.items() if holds)


def moved_before(place: Place, target: Place, others: Sequence[Place], now: datetime) -> Place:
    """The place at the target's position, right before it; `others` are all the rest in line."""
    at = target.stands_at or target.id
    ahead = [
        other.offset
        for other in others
        if (other.stands_at or other.id) == at and priority(other, now) < priority(target, now)
    ]
    nearest = max(ahead, default=target.offset - 2)
    return replace(target, id=place.id, stands_at=at, offset=(nearest + target.offset) / 2)
