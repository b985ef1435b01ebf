"""Placements become rows that a report can take a day of: the newest version of each holds."""

from datetime import date
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import EventData
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import TEAM, imported, placed, placement_ended
from tests.support.history import past_case


async def rows(service: Service) -> list[dict[str, Any]]:
    return (await service.facts())["placement_facts"]


async def test_a_placement_is_kept_with_what_the_service_ladder_asks(service: Service) -> None:
    placement_id, client_ref = uuid4(), uuid4()
    await service.deliver(
        [
            placed(placement_id, client_ref, requires_sobriety=True),
            placement_ended(placement_id, client_ref, 2, "2022-08-31"),
        ]
    )
    assert await rows(service) == [
        {
            "placement_id": placement_id,
            "client_ref": client_ref,
            "case_id": None,
            "team": TEAM,
            "county": "09",
            "service_type": "supported",
            "production": "purchased",
            "channel": "on_site",
            "starts_on": date(2022, 2, 1),
            "requires_sobriety": True,
            "entered_in_error": False,
            "placed_version": 1,
            "ends_on": date(2022, 8, 31),
            "ends_version": 2,
        }
    ]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({}, ("communal", None, False)),
        ({"ends_on": "2022-06-30"}, ("communal", date(2022, 6, 30), False)),
        ({"entered_in_error": True}, ("communal", None, True)),
    ],
)
async def test_the_newest_version_holds_in_every_order_of_arrival(
    service: Service, last: dict[str, Any], expected: tuple[str, date | None, bool]
) -> None:
    right_client = uuid4()
    for order in permutations(range(3)):
        placement_id, client_ref = uuid4(), uuid4()
        events: list[EventData] = [
            placed(placement_id, client_ref),
            placement_ended(placement_id, client_ref, 2, "2022-08-31"),
            placed(placement_id, right_client, 3, service_type="communal", **last),
        ]
        await service.deliver([events[place] for place in order * 2])
    found = await rows(service)
    assert len(found) == 6
    for row in found:
        assert (row["service_type"], row["ends_on"], row["entered_in_error"]) == expected
        assert (row["placed_version"], row["ends_version"]) == (3, 3)
        assert row["client_ref"] == right_client


async def test_an_imported_placement_says_of_which_case_and_county_it_is(service: Service) -> None:
    placement = {
        "service_type": "home_support",
        "production": "own",
        "channel": "mobile",
        "from": "2021-04-01",
        "to": "2021-05-31",
    }
    await service.deliver(imported([past_case(str(TEAM), "1", placements=[placement])]))
    [row] = await rows(service)
    [case] = (await service.facts())["case_facts"]
    assert (row["case_id"], row["client_ref"]) == (case["case_id"], case["client_ref"])
    assert (row["team"], row["county"]) == (TEAM, "04")
    assert (row["starts_on"], row["ends_on"]) == (date(2021, 4, 1), date(2021, 5, 31))
