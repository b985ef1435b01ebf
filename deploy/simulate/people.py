"""Who the clients of a simulated region are and who sends them; pure. Everybody is made up."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from deploy.simulate.scale import Scale, pick
from deploy.simulate.teams import Team

SOURCES: dict[str, float] = {
    "landlord": 22,
    "prison": 8,
    "probation": 4,
    "hospital_ward": 14,
    "health_centre": 7,
    "adult_social_work": 20,
    "substance_service": 6,
    "police": 5,
    "social_emergency": 5,
    "ngo": 3,
    "relative": 2,
    "self": 8,
}
AROUND_THE_CLOCK = frozenset({"police", "social_emergency", "hospital_ward", "self"})
"""Who also refers on a weekend."""
REASONS: dict[str, tuple[str, ...]] = {
    "landlord": ("rent_arrears", "housing_loss_risk"),
    "prison": ("release", "homelessness"),
    "probation": ("release", "substance_use"),
    "hospital_ward": ("discharge", "mental_health"),
    "police": ("violence", "homelessness"),
    "social_emergency": ("homelessness", "substance_use"),
    "self": ("debt", "daily_living"),
}
USUAL_REASONS = ("homelessness", "isolation")
ALTERNATIVES: dict[str, float] = {
    "round_the_clock": 11,
    "communal": 15,
    "supported": 54,
    "other_open_care": 25,
}
"""What would have been given instead (LiiTu 2022, of 105 new clients)."""
_AGES: dict[range, float] = {range(18, 30): 27, range(30, 65): 64, range(65, 86): 9}


@dataclass(frozen=True)
class Person:
    """A client: `key` is the pseudonym in the county's own past."""

    key: str
    birth_year: int
    municipality: str
    alternative: str
    meetings_needed: int


def person(scale: Scale, team: Team, number: int, opened_on: date) -> Person:
    """The so-manieth client of a team."""
    chance = scale.chance("person", team.name, number)
    ages: range = pick(chance, _AGES)
    age = chance.choice(ages)
    return Person(
        key=f"{scale.name}-{team.name}-{number}",
        birth_year=opened_on.year - age,
        municipality=_home(chance, team),
        alternative=pick(chance, ALTERNATIVES),
        meetings_needed=_meetings_needed(chance),
    )


def _home(chance: random.Random, team: Team) -> str:
    """Half live in the team's first municipality."""
    first, *others = team.municipalities
    return first if not others or chance.random() < 0.5 else chance.choice(others)


def _meetings_needed(chance: random.Random) -> int:
    """About ten kept meetings, as a service of one to three months has; few need many more."""
    return min(40, max(3, round(chance.lognormvariate(2.2, 0.4))))
