"""A county's past as lines of a history import; every case in it is made up."""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

SOURCES = ("landlord", "prison", "hospital_ward", "adult_social_work", "self")
LOCATIONS = ("home", "outside", "office", "remote")
FIRST, LAST = date(2022, 1, 1), date(2022, 12, 31)


def past_case(team: str, external_id: str, **changes: Any) -> dict[str, Any]:
    """A closed case of 2021; `changes` replace fields, None leaves one out."""
    case = {
        "external_id": external_id,
        "client_key": f"client-{external_id}",
        "team": team,
        "source_kind": "prison",
        "opened_on": "2021-03-01",
        "closed_on": "2021-06-15",
        "closing_reason": "handed_over",
        "alternative_service": "supported",
        "birth_year": 1984,
        "municipality": "398",
    } | changes
    return {name: value for name, value in case.items() if value is not None}


def ndjson(cases: Iterable[dict[str, Any]]) -> bytes:
    """The cases, one a line."""
    return b"".join(json.dumps(case).encode() + b"\n" for case in cases)


def many(team: str, count: int, chance: random.Random, visits: int = 1) -> Iterator[bytes]:
    """A file of closed cases with so many visits each, a placement now and then, line by line."""
    for number in range(count):
        opened = date(2014, 1, 1) + timedelta(days=chance.randrange(3000))
        placement = {
            "service_type": "supported",
            "production": "purchased",
            "channel": "on_site",
            "from": str(opened + timedelta(days=30)),
        }
        case = past_case(
            team,
            f"case-{number}",
            client_key=f"client-{number % (count // 2 + 1)}",
            source_kind=chance.choice(SOURCES),
            opened_on=str(opened),
            closed_on=str(opened + timedelta(days=90)),
            visits=[_visit(opened, week, chance) for week in range(visits)],
            placements=[placement] if number % 5 == 0 else [],
        )
        yield json.dumps(case).encode() + b"\n"


def _visit(opened: date, week: int, chance: random.Random) -> dict[str, Any]:
    return {
        "on": str(opened + timedelta(days=7 * week)),
        "status": "cancelled" if chance.random() < 0.15 else "kept",
        "location": chance.choice(LOCATIONS),
    }


def liitu(team: str) -> list[dict[str, Any]]:
    """LiiTu's year 2022: 105 new clients, 67 from before; 46 and 43 of them ended in the year.

    The first and the last day of the year occur, and cases that belong to other years alone. What
    would have been given to the new ones instead: 11, 15, 54 and 25.
    """
    before, during = date(2021, 5, 3), date(2022, 4, 4)
    instead = ["round_the_clock"] * 11 + ["communal"] * 15 + ["supported"] * 54
    instead += ["other_open_care"] * 25
    groups = [(46, during, True), (59, during, False), (43, before, True), (24, before, False)]
    cases: list[dict[str, Any]] = []
    for count, opened, ends in groups:
        for number in range(count):
            is_new = opened is during
            name = f"{opened.year}-{'ended' if ends else 'open'}-{number}"
            first = {0: FIRST, 1: LAST}.get(number, during) if is_new else before
            if not is_new and number == 0:
                first = FIRST - timedelta(days=1)
            last = LAST if number % 2 == 0 or first == LAST else date(2022, 11, 30)
            after = date(2023, 1, 1) if number % 3 == 0 else None
            ended = last if ends else after
            cases.append(
                past_case(
                    team,
                    name,
                    opened_on=str(first),
                    closed_on=str(ended) if ended else None,
                    closing_reason="handed_over" if ended else None,
                    source_kind=SOURCES[number % len(SOURCES)],
                    alternative_service=instead.pop() if is_new else None,
                )
            )
    for number in range(12):
        cases.append(past_case(team, f"long-ago-{number}", closed_on="2021-12-31"))
    return cases


LADDER = {
    ("home_support", "own", "mobile"): 250,
    ("supported", "own", "on_site"): 10,
    ("communal", "own", "on_site"): 40,
    ("round_the_clock", "own", "on_site"): 47,
    ("home_support", "purchased", "mobile"): 160,
    ("supported", "purchased", "on_site"): 180,
    ("communal", "purchased", "on_site"): 130,
    ("round_the_clock", "purchased", "on_site"): 200,
}
"""Keski-Suomi's housing services: clients by service, production and channel."""

PRICES = {
    ("round_the_clock", 2022): "60000.00",
    ("communal", 2022): "30000.00",
    ("supported", 2022): "10000.00",
    ("other_open_care", 2022): "800.00",
    ("round_the_clock", 2024): "75000.00",
    ("communal", 2024): "40000.00",
    ("supported", 2024): "13000.00",
    ("other_open_care", 2024): "2120.00",
}
"""Made up prices of a client's year at which LiiTu's alternatives cost what it reckoned."""
SERVICE_COST = "230000.00"


def ladder(team: str) -> list[dict[str, Any]]:
    """Keski-Suomi's housing services as open cases of history, with a placement each."""
    return [
        past_case(
            team,
            f"{service}-{production}-{number}",
            opened_on="2022-04-01",
            closed_on=None,
            closing_reason=None,
            alternative_service=None,
            placements=[
                {
                    "service_type": service,
                    "production": production,
                    "channel": channel,
                    "from": "2022-05-01",
                }
            ],
        )
        for (service, production, channel), count in LADDER.items()
        for number in range(count)
    ]
