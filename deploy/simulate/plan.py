"""Everything that a simulated region is and does, in the order of sending. Pure: the same scale,
the same plan, to the byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from deploy.simulate.history import RECENT, line, ndjson
from deploy.simulate.newcomers import newcomers
from deploy.simulate.scale import Scale
from deploy.simulate.steps import Step, Story
from deploy.simulate.support import support
from deploy.simulate.teams import Team, teams_of
from deploy.simulate.work import Case, TeamsWork

STORIES_IN_TEAM = 25
GAPS = (
    ("bottleneck", "supported_housing", "start_of_service"),
    ("hole", "detoxification", "referral"),
    ("bottleneck", "mental_health_services", "assessment"),
)
PRICES = {
    "round_the_clock": ("58000.00", "50000.00", "66000.00"),
    "communal": ("36000.00", "30000.00", "41000.00"),
    "supported": ("12500.00", "9000.00", "16000.00"),
    "other_open_care": ("4200.00", "2500.00", "6500.00"),
}
A_WORKERS_YEAR = 62_000
SOURCE = "Made up for the simulation"


@dataclass(frozen=True)
class Plan:
    """What is put in place (`inputs`: path and body), the past as a file, and the present."""

    scale: Scale
    teams: tuple[Team, ...]
    cases: Mapping[str, tuple[Case, ...]]
    history: bytes
    stories: tuple[Story, ...]
    gaps: tuple[Step, ...]
    inputs: tuple[tuple[str, Mapping[str, Any]], ...]


def plan_of(scale: Scale) -> Plan:
    """The plan of a region."""
    teams = teams_of(scale)
    cases = {team.name: tuple(TeamsWork(scale, team).live()) for team in teams}
    followed = {team.name: _followed(scale, cases[team.name]) for team in teams}
    told = sorted(
        (
            (case.arrival.on, team.name, case.number, line(scale, team, case))
            for team in teams
            for case in cases[team.name]
        ),
        key=lambda each: each[:3],
    )
    stories = [support(scale, team, case) for team in teams for case in followed[team.name]]
    return Plan(
        scale=scale,
        teams=tuple(teams),
        cases=cases,
        history=ndjson(each[3] for each in told),
        stories=(*stories, *(story for team in teams for story in newcomers(scale, team))),
        gaps=tuple(_gaps(scale, teams)),
        inputs=tuple(_inputs(scale, teams)),
    )


def _followed(scale: Scale, cases: tuple[Case, ...]) -> list[Case]:
    """The open cases whose last weeks are sent as they are lived."""
    settled = scale.until - RECENT
    known = [case for case in cases if case.closed_on is None and case.arrival.on < settled]
    return known[-STORIES_IN_TEAM:]


def _gaps(scale: Scale, teams: list[Team]) -> Iterator[Step]:
    chance = scale.chance("gaps")
    for team in teams:
        kind, service, step = chance.choice(GAPS)
        yield Step(
            "/v1/service-gaps",
            {
                "type": kind,
                "service": service,
                "municipality": team.municipalities[0],
                "step": step,
                "description": "Found on the way of several clients.",
            },
        )


def _inputs(scale: Scale, teams: list[Team]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    first = (scale.until - timedelta(weeks=scale.weeks)).year
    for year in range(first, scale.until.year + 1):
        for service, (price, low, high) in PRICES.items():
            range_ = {"low_eur": low, "high_eur": high, "source": SOURCE}
            yield f"/v1/prices/{service}/{year}", {"unit_price_eur": price, **range_}
        for team in teams:
            cost = f"{A_WORKERS_YEAR * len(team.workers)}.00"
            yield f"/v1/service-costs/{team.id}/{year}", {"cost_eur": cost, "source": SOURCE}
