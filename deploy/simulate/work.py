"""What a team does week by week. Each worker has so many meetings a week and no more, so that with
more clients each is met more rarely and stays longer (LiiTu). Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from deploy.simulate.arrivals import Arrival, arrivals
from deploy.simulate.people import Person, person
from deploy.simulate.scale import Scale, pick, working_days
from deploy.simulate.teams import MEETINGS_A_WEEK, Team

CANCELLED = 0.15
"""Of booked meetings (LiiTu)."""
LOST_IN_A_WEEK = 0.012
COMES_BACK = 0.12
_LOST: dict[str, float] = {"client_withdrew": 5, "not_reached": 3, "moved_away": 3, "deceased": 1}
_DONE: dict[str, float] = {"handed_over": 55, "goals_attained": 30, "other_service": 15}
_AT_FIRST: dict[str, float] = {"home": 60, "outside": 15, "office": 20, "remote": 5}
_LATER: dict[str, float] = {"home": 25, "outside": 55, "office": 15, "remote": 5}
"""Where clients are met before and after the middle of the time (LiiTu, from March 2023)."""


@dataclass(frozen=True)
class Visit:
    """A meeting that was kept or cancelled."""

    on: date
    kept: bool
    location: str


@dataclass
class Case:
    """A case as the simulation lives it; `number` is its own in the team."""

    number: int
    person: Person
    arrival: Arrival
    worker: int
    visits: list[Visit] = field(default_factory=list)
    closed_on: date | None = None
    reason: str | None = None

    @property
    def kept(self) -> int:
        """How many meetings took place."""
        return sum(visit.kept for visit in self.visits)

    @property
    def last_met(self) -> date:
        """The last meeting that was booked, or the beginning."""
        return self.visits[-1].on if self.visits else self.arrival.on


@dataclass
class TeamsWork:
    """All cases of a team, from its first week to the last."""

    scale: Scale
    team: Team
    cases: list[Case] = field(default_factory=list)
    _returning: list[tuple[date, Person]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def live(self) -> list[Case]:
        """Every week until the present one, of which only the days before `until` are over."""
        for week in range(self.scale.weeks):
            self._take(week)
            self._meet(week)
        return self.cases

    def open_cases(self) -> list[Case]:
        """Those that are not closed."""
        return [case for case in self.cases if case.closed_on is None]

    def _take(self, week: int) -> None:
        monday = self.scale.first_monday + timedelta(weeks=week)
        for arrival in arrivals(self.scale, self.team, week):
            number = next(self._numbers)
            self._open(number, arrival, person(self.scale, self.team, number, arrival.on))
        due = [back for back in self._returning if back[0] < monday]
        for back in due:
            self._returning.remove(back)
            self._open(next(self._numbers), Arrival(monday, "self", "routine"), back[1])

    def _open(self, number: int, arrival: Arrival, client: Person) -> None:
        """The worker with the fewest cases takes it."""
        loads = [0] * len(self.team.workers)
        for case in self.open_cases():
            loads[case.worker] += 1
        self.cases.append(Case(number, client, arrival, loads.index(min(loads))))

    def _meet(self, week: int) -> None:
        chance = self.scale.chance("work", self.team.name, week)
        monday = self.scale.first_monday + timedelta(weeks=week)
        friday = monday + timedelta(days=4)
        for worker in range(len(self.team.workers)):
            mine = [case for case in self.open_cases() if case.worker == worker]
            waiting = sorted(mine, key=lambda case: (case.last_met, case.number))
            for case in waiting[:MEETINGS_A_WEEK]:
                self._book(chance, case, week)
            for case in mine:
                self._end(chance, case, friday)

    def _book(self, chance: random.Random, case: Case, week: int) -> None:
        monday = self.scale.first_monday + timedelta(weeks=week)
        days = [day for day in working_days(monday) if day > case.arrival.on]
        if not days:
            return
        places = _LATER if week >= self.scale.weeks / 2 else _AT_FIRST
        kept = chance.random() >= CANCELLED
        case.visits.append(Visit(chance.choice(days), kept, pick(chance, places)))

    def _end(self, chance: random.Random, case: Case, friday: date) -> None:
        is_lost = chance.random() < LOST_IN_A_WEEK
        if not is_lost and case.kept < case.person.meetings_needed:
            return
        case.closed_on = max(friday, case.last_met)
        case.reason = pick(chance, _LOST if is_lost else _DONE)
        if case.reason != "deceased" and chance.random() < COMES_BACK:
            back_on = friday + timedelta(days=chance.randrange(30, 200))
            self._returning.append((back_on, case.person))
