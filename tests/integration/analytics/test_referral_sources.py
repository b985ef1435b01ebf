"""Referral sources: what became of referrals, whichever topic spoke first."""

import random
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts import EventData
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import TEAM, accepted, received, redirected, waitlisted


def events_of(kind: str, *steps: str) -> list[EventData]:
    """A referral and what the teams did with it, in order."""
    referral_id, case_id, client_ref = uuid4(), uuid4(), uuid4()
    makers = {"accepted": accepted, "redirected": redirected, "waitlisted": waitlisted}
    return [
        received(referral_id, client_ref, kind),
        *(
            makers[step](referral_id, case_id, client_ref, version)
            for version, step in enumerate(steps, 1)
        ),
    ]


def many() -> list[EventData]:
    """Twenty referrals of three sources."""
    plan = [
        ("landlord", 8, ("accepted",)),
        ("prison", 5, ("redirected", "accepted")),
        ("prison", 2, ("waitlisted",)),
        ("self", 4, ()),
        ("self", 1, ("waitlisted", "redirected", "accepted")),
    ]
    return [
        event
        for kind, count, steps in plan
        for _ in range(count)
        for event in events_of(kind, *steps)
    ]


def row(kind: str, *figures: Any) -> dict[str, Any]:
    columns = ("referrals", "accepted", "redirected", "waitlisted", "cancelled", "share")
    return {"source_kind": kind} | dict(zip(columns, figures, strict=True))


ROWS = [
    row("landlord", 8, 8, 0, 0, 0, 0.4),
    row("prison", 7, 5, 5, 2, 0, 0.35),
    row("self", 5, 1, 1, 1, 0, 0.25),
]


async def test_a_referral_that_was_redirected_and_then_accepted_was_both(service: Service) -> None:
    await service.deliver(many())
    assert (await service.data("referral-sources"))["rows"] == ROWS


async def test_shuffled_and_repeated_events_give_the_same_facts(service: Service) -> None:
    chance = random.Random(3)
    events = many()
    await service.deliver(events)
    before = await service.facts()
    repeated = events + chance.sample(events, 15)
    chance.shuffle(repeated)
    await service.deliver(repeated)
    assert await service.facts() == before
    assert (await service.data("referral-sources"))["rows"] == ROWS


async def test_every_order_of_arrival_gives_the_same_row(service: Service) -> None:
    found = []
    for order in permutations(range(4)):
        events = events_of("police", "waitlisted", "redirected", "accepted")
        referral_id = events[0].aggregate_id
        await service.deliver([events[place] for place in order])
        rows = (await service.facts())["referral_facts"]
        [fact] = [fact for fact in rows if fact["referral_id"] == referral_id]
        varying = ("referral_id", "client_ref", "case_id")
        found.append({name: value for name, value in fact.items() if name not in varying})
    assert all(fact == found[0] for fact in found)
    assert (found[0]["outcome"], found[0]["team"], found[0]["outcome_version"]) == (
        "accepted",
        TEAM,
        3,
    )


async def test_the_latest_case_to_speak_of_a_referral_is_its_case(service: Service) -> None:
    referral_id, client_ref, first, second = uuid4(), uuid4(), uuid4(), uuid4()
    events: list[EventData] = [
        redirected(referral_id, first, client_ref, 1),
        accepted(referral_id, second, client_ref, 2),
    ]
    await service.deliver(events[::-1])
    [fact] = (await service.facts())["referral_facts"]
    assert (fact["case_id"], fact["outcome"]) == (second, "accepted")


async def test_a_referral_the_teams_alone_spoke_of_is_not_counted_yet(service: Service) -> None:
    events = events_of("ngo", "accepted")
    await service.deliver(events[1:])
    assert (await service.data("referral-sources"))["rows"] == []
    await service.deliver(events[:1])
    assert (await service.data("referral-sources"))["rows"] == [row("ngo", 1, 1, 0, 0, 0, 1.0)]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({"team": str(TEAM)}, ["landlord", "prison", "self"]),
        ({"team": str(UUID(int=1))}, []),
        ({"county": "09"}, ["landlord", "prison", "self"]),
        ({"county": "04"}, []),
        ({"from": "2022-03-02"}, []),
        ({"to": "2022-02-28"}, []),
        ({"from": "2022-03-01", "to": "2022-03-01"}, ["landlord", "prison", "self"]),
    ],
)
async def test_filters_and_period_narrow(
    service: Service, query: dict[str, str], kinds: list[str]
) -> None:
    await service.deliver(many())
    rows = (await service.data("referral-sources", **query))["rows"]
    assert [found["source_kind"] for found in rows] == kinds


async def test_small_numbers_are_for_insiders_alone(service: Service) -> None:
    await service.deliver([*many(), *events_of("ngo", "accepted")])
    rows = (await service.data("referral-sources", "reports:read"))["rows"]
    assert rows == [
        row("landlord", 8, 8, 0, 0, 0, 0.381),
        row("ngo", None, None, 0, 0, 0, None),
        row("prison", 7, 5, 5, None, 0, 0.3333),
        row("self", None, None, None, None, 0, None),
    ]
