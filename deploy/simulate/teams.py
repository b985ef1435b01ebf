"""The teams of a simulated county and who works in them; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.simulate.scale import Scale
from shared.contracts.municipalities import counties_by_municipality

GUIDELINE_CASELOAD = 18
MEETINGS_A_WEEK = 18
"""Meetings that a worker has in a week, whatever the caseload (LiiTu)."""
TEAMS = ("north", "south", "city")
CLOGGED = "city"
_PROFESSIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("social_worker", "social", ("homelessness", "release", "housing_loss_risk")),
    ("social_counsellor", "social", ("rent_arrears", "debt", "daily_living")),
    ("psychiatric_nurse", "health", ("mental_health", "substance_use", "discharge")),
)


@dataclass(frozen=True)
class Worker:
    """A worker as the caseload service is told."""

    id: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Team:
    """A team; `clogs` when more come to it than it can meet."""

    id: str
    name: str
    municipalities: tuple[str, ...]
    workers: tuple[Worker, ...]
    clogs: bool

    def body(self, scale: Scale, name: str) -> dict[str, Any]:
        """The team as the caseload service is told."""
        return {
            "name": name,
            "county": scale.county,
            "municipalities": list(self.municipalities),
            "guideline_caseload": GUIDELINE_CASELOAD,
            "meetings_per_worker_week": MEETINGS_A_WEEK,
        }


def teams_of(scale: Scale) -> list[Team]:
    """Three teams that share the county's municipalities; the clogged one always has some."""
    ours = sorted(code for code, county in counties_by_municipality().items() if _is(scale, county))
    shares = {name: tuple(ours[nth :: len(TEAMS)]) for nth, name in enumerate(TEAMS)}
    return [
        Team(
            id=scale.id("team", name),
            name=name,
            municipalities=shares[name] or tuple(ours),
            workers=tuple(_worker(scale, name, number) for number in range(scale.workers)),
            clogs=name == CLOGGED,
        )
        for name in TEAMS
    ]


def _is(scale: Scale, county: str) -> bool:
    return county == scale.county


def _worker(scale: Scale, team: str, number: int) -> Worker:
    profession, sector, competences = _PROFESSIONS[number % len(_PROFESSIONS)]
    languages: Sequence[str] = ["fi", "sv"] if number % 2 else ["fi", "en"]
    body = {
        "team": scale.id("team", team),
        "profession": profession,
        "employer_sector": sector,
        "competences": list(competences),
        "languages": list(languages),
        "capacity_points": GUIDELINE_CASELOAD * 2,
    }
    return Worker(scale.id("worker", team, number), body)
