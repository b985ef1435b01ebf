"""When referrals come: more before and after the turn of the year, few in July and on weekends; the
clogged team gets more than it can meet from the last third of the time on. Pure."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import date, timedelta

from deploy.simulate.people import AROUND_THE_CLOCK, SOURCES
from deploy.simulate.scale import Scale, pick
from deploy.simulate.teams import Team

A_WORKERS_WEEK = 1.35
"""New clients in a usual week for each worker: ten meetings each, of about fifteen kept."""
OVERFLOW = 1.5
CLOGS_AFTER = 2 / 3
"""When, as a share of the time, the overflow of the clogged team begins."""
_SEASON = (1.2, 1.1, 1.05, 1.0, 0.95, 0.9, 0.65, 0.9, 1.0, 1.05, 1.15, 1.2)
_WEEKDAYS: dict[int, float] = {0: 26, 1: 21, 2: 19, 3: 18, 4: 16}
_ALL_DAYS: dict[int, float] = {0: 17, 1: 15, 2: 14, 3: 14, 4: 15, 5: 13, 6: 12}
_URGENT: dict[str, float] = {"prison": 0.5, "hospital_ward": 0.6, "landlord": 0.4, "police": 0.8}
_USUALLY_URGENT = 0.3


@dataclass(frozen=True)
class Arrival:
    """A referral to a team."""

    on: date
    source: str
    urgency: str


def arrivals(scale: Scale, team: Team, week: int) -> list[Arrival]:
    """The referrals of a week, in the order of their days."""
    chance = scale.chance("arrivals", team.name, week)
    monday = scale.first_monday + timedelta(weeks=week)
    expected = A_WORKERS_WEEK * len(team.workers) * _SEASON[monday.month - 1]
    if team.clogs and week >= scale.weeks * CLOGS_AFTER:
        expected *= OVERFLOW
    came = [_arrival(chance, monday) for _ in range(_poisson(chance, expected))]
    return sorted(came, key=lambda each: each.on)


def _arrival(chance: random.Random, monday: date) -> Arrival:
    source = pick(chance, SOURCES)
    days = _ALL_DAYS if source in AROUND_THE_CLOCK else _WEEKDAYS
    is_urgent = chance.random() < _URGENT.get(source, _USUALLY_URGENT)
    on = monday + timedelta(days=pick(chance, days))
    return Arrival(on, source, "urgent" if is_urgent else "routine")


def _poisson(chance: random.Random, expected: float) -> int:
    """How many come where so many are expected (Knuth's way, for small numbers)."""
    least, product, count = math.exp(-expected), chance.random(), 0
    while product > least:
        product *= chance.random()
        count += 1
    return count
