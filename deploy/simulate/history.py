"""The simulated past as lines of a history import. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from deploy.simulate.scale import Scale, pick
from deploy.simulate.teams import Team
from deploy.simulate.work import Case

RECENT = timedelta(weeks=3)
"""What happened in open cases since then is sent as it is lived, not as history."""
PLACED = 0.3
_SERVICES: dict[str, float] = {
    "home_support": 40,
    "supported": 19,
    "communal": 15,
    "round_the_clock": 20,
    "temporary": 6,
}
_OWN: dict[str, float] = {
    "home_support": 0.61,
    "supported": 0.05,
    "communal": 0.2,
    "round_the_clock": 0.21,
    "temporary": 0.5,
}
"""The own production's share of a service (Keski-Suomi)."""


def external_id(scale: Scale, team: Team, case: Case) -> str:
    """The case's id in the past of its county."""
    return f"{scale.name}-{team.name}-case-{case.number}"


def line(scale: Scale, team: Team, case: Case) -> dict[str, Any]:
    """A line of the import."""
    told: dict[str, Any] = {
        "external_id": external_id(scale, team, case),
        "client_key": case.person.key,
        "team": team.id,
        "source_kind": case.arrival.source,
        "opened_on": case.arrival.on.isoformat(),
        "birth_year": case.person.birth_year,
        "municipality": case.person.municipality,
        "alternative_service": case.person.alternative,
        "visits": [
            {
                "on": visit.on.isoformat(),
                "status": "kept" if visit.kept else "cancelled",
                "location": visit.location,
            }
            for visit in case.visits
            if case.closed_on is not None or not is_recent(scale, visit.on)
        ],
        "placements": _placements(scale, team, case),
    }
    if case.closed_on is not None:
        told |= {"closed_on": case.closed_on.isoformat(), "closing_reason": case.reason}
    return told


def is_recent(scale: Scale, day: date) -> bool:
    """Whether a day is of the last weeks."""
    return day >= scale.until - RECENT


def _placements(scale: Scale, team: Team, case: Case) -> list[dict[str, Any]]:
    """Housing services that a client got at the end of the case."""
    chance = scale.chance("placement", team.name, case.number)
    if case.closed_on is None or chance.random() >= PLACED:
        return []
    service = pick(chance, _SERVICES)
    is_own = chance.random() < _OWN[service]
    last = case.closed_on + timedelta(days=chance.randrange(60, 900))
    mobile = chance.random() < (0.72 if is_own else 0.24)
    return [
        {
            "service_type": service,
            "production": "own" if is_own else "purchased",
            "channel": "mobile" if mobile else "on_site",
            "from": case.closed_on.isoformat(),
            **({"to": last.isoformat()} if last < scale.until else {}),
        }
    ]


def ndjson(lines: Iterable[dict[str, Any]]) -> bytes:
    """The file, the same to the byte for the same lines."""
    texts = (json.dumps(each, sort_keys=True, separators=(",", ":")) for each in lines)
    return "".join(f"{text}\n" for text in texts).encode()
