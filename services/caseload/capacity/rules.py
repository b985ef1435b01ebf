"""What follows from a team's own figures; pure.

The meetings of a week stay the same whatever the caseload (LiiTu): more clients are met more
rarely, and their periods get longer. So meetings, not heads, carry cases to their end, and by
Little's law (L = λW) the line is as long in time as it is in clients over what ends in a week.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.contracts.codes import PartnerKind

DAYS_A_WEEK = 7
USUAL_CANCELLED_SHARE = 0.15
"""Of booked meetings, in LiiTu's years of practice."""
ENOUGH_VISITS = 20
ENOUGH_CLOSINGS = 5
"""With fewer than these a share or a pace of one's own would be chance."""
WEEKS_AHEAD = 4
# A plus sign that was not escaped in a URL arrives as a space.
_NUMBER = re.compile(r"(worker|meetings):([ +-]?)(\d{1,3})")
_PAUSE = re.compile(r"pause:([a-z_]{1,40})")


class Assumption(StrEnum):
    """What is taken for granted where the team's own figures do not tell."""

    USUAL_CANCELLATIONS = "usual_cancellations"
    CLOSINGS_BY_TARGET = "closings_by_service_days_target"
    AS_MANY_MEETINGS_A_CLIENT = "as_many_meetings_a_client"
    NEW_WORKER_FULL_TIME = "new_worker_full_time_at_guideline"


@dataclass(frozen=True)
class Figures:
    """What a team's own records tell, of its workers who are not absent and of the last weeks.

    `caseload` counts a client once for each of their workers; `room` is how many more could begin
    now; `weeks` is how long the records were looked at.
    """

    full_time: float
    meetings_per_worker_week: float
    caseload: int
    open_cases: int
    room: int
    guideline_caseload: int
    new_weight: float
    service_days_target: int
    waiting: int
    weeks: float
    arrivals: Mapping[PartnerKind | None, int]
    closings: int
    kept: int
    cancelled: int


@dataclass(frozen=True)
class Change:
    """What might be different: workers, meetings a worker has in a week, sources paused."""

    workers: int = 0
    meetings: int = 0
    paused: PartnerKind | None = None


@dataclass(frozen=True)
class Outlook:
    """What follows. None where nothing can be said: nobody meets anybody, or nothing ends."""

    full_time: float
    room: int
    possible_per_week: float
    cancelled_share: float
    kept_per_week: float
    kept_per_worker_week: float
    held_per_week: float | None
    days_between_meetings: float | None
    arrivals_per_week: float
    closings_per_week: float
    days_in_service: float | None
    growth_per_week: float
    wait_days: float | None
    wait_days_later: float | None
    assumptions: tuple[Assumption, ...]


def outlook(own: Figures, change: Change | None = None) -> Outlook:
    """What follows from the figures as they are, or with a change."""
    now = own if change is None else _changed(own, change)
    share, assumed = cancelled_share(own)
    kept = _possible(now) * (1 - share)
    closings, more = _closings(own, now)
    arrivals = sum(now.arrivals.values()) / now.weeks
    growth = arrivals - closings
    later = now.waiting - now.room + growth * WEEKS_AHEAD
    new = (Assumption.NEW_WORKER_FULL_TIME,) if change and change.workers > 0 else ()
    return Outlook(
        full_time=now.full_time,
        room=now.room,
        possible_per_week=_possible(now),
        cancelled_share=share,
        kept_per_week=kept,
        kept_per_worker_week=kept / now.full_time if now.full_time else 0.0,
        held_per_week=own.kept / own.weeks if own.kept + own.cancelled else None,
        days_between_meetings=_ratio(DAYS_A_WEEK * now.caseload, kept),
        arrivals_per_week=arrivals,
        closings_per_week=closings,
        days_in_service=_ratio(DAYS_A_WEEK * now.open_cases, closings) if now.open_cases else None,
        growth_per_week=growth,
        wait_days=_wait_days(now.waiting - now.room, closings),
        wait_days_later=_wait_days(later, closings),
        assumptions=(*assumed, *more, *new),
    )


def change_of(wish: str) -> Change | None:
    """The change that a caller asks about, such as `worker:+1`, `meetings:-2`, `pause:landlord`;
    None when it is none."""
    if pause := _PAUSE.fullmatch(wish):
        kind = pause.group(1)
        return Change(paused=PartnerKind(kind)) if kind in set(PartnerKind) else None
    if number := _NUMBER.fullmatch(wish):
        what, sign, digits = number.groups()
        more = -int(digits) if sign == "-" else int(digits)
        return Change(meetings=more) if what == "meetings" else Change(workers=more)
    return None


def cancelled_share(own: Figures) -> tuple[float, tuple[Assumption, ...]]:
    """The share of booked meetings that are cancelled: the team's own, once it has a past."""
    told = own.kept + own.cancelled
    if told >= ENOUGH_VISITS:
        return own.cancelled / told, ()
    return USUAL_CANCELLED_SHARE, (Assumption.USUAL_CANCELLATIONS,)


def _possible(figures: Figures) -> float:
    return figures.full_time * figures.meetings_per_worker_week


def _closings(own: Figures, now: Figures) -> tuple[float, tuple[Assumption, ...]]:
    """Cases that end in a week. With a change they follow the meetings: a client needs as many as
    before. A team that closed too few to tell ends its cases when its target says."""
    pace = own.closings / own.weeks
    assumed: tuple[Assumption, ...] = ()
    if own.closings < ENOUGH_CLOSINGS:
        pace = _pace_by_target(own, own.open_cases)
        assumed = (Assumption.CLOSINGS_BY_TARGET,)
    if _possible(now) == _possible(own):
        return pace, assumed
    if _possible(own):
        pace *= _possible(now) / _possible(own)
    else:
        pace += _pace_by_target(now, 0)
    return pace, (*assumed, Assumption.AS_MANY_MEETINGS_A_CLIENT)


def _pace_by_target(figures: Figures, open_cases: int) -> float:
    """What ends in a week if each case lasts as long as the target says; nothing ends unmet. A team
    that has no cases yet is taken to have as many as the guideline says."""
    if not _possible(figures):
        return 0.0
    cases = open_cases or figures.full_time * figures.guideline_caseload
    return DAYS_A_WEEK * cases / figures.service_days_target


def _changed(own: Figures, change: Change) -> Figures:
    workers = max(change.workers, -math.floor(own.full_time))
    room = own.room + workers * _room_of_one(own)
    return replace(
        own,
        full_time=own.full_time + workers,
        meetings_per_worker_week=max(0.0, own.meetings_per_worker_week + change.meetings),
        room=max(0, room),
        arrivals={
            kind: count
            for kind, count in own.arrivals.items()
            if change.paused is None or kind != change.paused
        },
    )


def _room_of_one(own: Figures) -> int:
    """How many clients a new full-time worker begins with."""
    return math.floor(own.guideline_caseload / own.new_weight) if own.new_weight else 0


def _wait_days(ahead: float, closings: float) -> float | None:
    """Little's law: those ahead and the next one itself, over what ends in a week."""
    if ahead < 0:
        return 0.0
    return _ratio(DAYS_A_WEEK * (ahead + 1), closings)


def _ratio(number: float, by: float) -> float | None:
    return number / by if by else None
