"""Two refs turn out to be one person, and two again: every service follows, under the same link."""

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.test_pipeline import case_of
from tests.support.bodies import referral_body
from tests.support.house import House, eventually

pytestmark = pytest.mark.kafka_too

KUHMOINEN = "291"
CODE = "230371-925D"
"""Of the 900-series: it belongs to nobody."""


async def team_of_its_own(house: House) -> str:
    """A team with a worker in a municipality where no other test refers anybody."""
    team, headers = str(uuid4()), house.headers("admin")
    url = house.stack.urls["caseload"]
    body = {"name": "Kuhmoinen", "county": "08", "municipalities": [KUHMOINEN]}
    made = await house.http.put(f"{url}/v1/teams/{team}", json=body, headers=headers)
    assert made.status_code == 201, made.text
    worker = {
        "team": team,
        "profession": "social_worker",
        "employer_sector": "social",
        "capacity_points": 18,
    }
    made = await house.http.put(f"{url}/v1/workers/{uuid4()}", json=worker, headers=headers)
    assert made.status_code == 201, made.text
    return team


async def change(house: House, client_ref: str, what: str, body: dict[str, str]) -> None:
    """Says who is whom, as somebody who has read the person."""
    path = f"/v1/clients/{client_ref}"
    url = house.stack.urls["referral"] + path
    purpose = {"Purpose-Of-Use": "administration"}
    read = await house.http.get(url, headers=house.headers("admin") | purpose)
    answer = await house.post(
        "admin", "referral", f"{path}/{what}", body, If_Match=read.headers["etag"]
    )
    assert answer.status_code == 200, answer.text


async def cases_under(house: House, client_ref: str) -> list[dict[str, Any]]:
    answer = await house.get("admin", "caseload", "/v1/cases", client_ref=client_ref)
    return list(answer.json()["items"])


async def clients_counted(house: House, team: str) -> int:
    day = str(datetime.now(ZoneInfo("Europe/Helsinki")).date())
    query = {"from": day, "to": day, "team": team}
    answer = await house.get("admin", "analytics", "/v1/reports/client-flow", **query)
    return int(answer.json()["data"]["distinct_clients"])


async def decided(house: House, client_ref: str) -> str:
    question = {
        "client_ref": client_ref,
        "requester": {"organisation": "1.2.246.10.1", "sector": "health"},
        "purpose": "care",
        "data_class": "joint_plan",
        "direction": "social_to_health",
    }
    answer = await house.post("worker", "consent", "/v1/decisions", question)
    return str(answer.json()["basis"])


async def test_a_person_of_two_refs_is_one_in_every_service_until_they_are_unlinked(
    house: House,
) -> None:
    team = await team_of_its_own(house)
    somebody, coded = (
        {"municipality": KUHMOINEN},
        {"municipality": KUHMOINEN, "identity_code": CODE},
    )
    unnamed = await case_of(house, await house.refer("landlord", referral_body(client=somebody)))
    named = await case_of(house, await house.refer("ward", referral_body(client=coded)))
    one, other = unnamed["client_ref"], named["client_ref"]
    consent = {
        "client_ref": one,
        "direction": "social_to_health",
        "scope": "general",
        "given_by": "client",
        "form": "oral_recorded",
        "recorded_by": house.stack.clients["worker"]["worker"],
    }
    assert (await house.post("worker", "consent", "/v1/consents", consent)).status_code == 201

    async def both_are_counted() -> bool:
        return await clients_counted(house, team) == 2

    await eventually(both_are_counted)
    await change(house, one, "link", {"to": other})

    async def are_one() -> bool:
        return (
            len(await cases_under(house, other)) == 2
            and await decided(house, other) == "consent"
            and await clients_counted(house, team) == 1
        )

    await eventually(are_one)
    assert {case["person"] for case in await cases_under(house, one)} == {other}
    again = await house.refer("prison", referral_body(client=coded))
    assert (await case_of(house, again))["id"] == named["id"], "joins what there is"
    await change(house, other, "unlink", {"from": one})

    async def are_two() -> bool:
        return (
            [case["id"] for case in await cases_under(house, one)] == [unnamed["id"]]
            and [case["id"] for case in await cases_under(house, other)] == [named["id"]]
            and await decided(house, other) == "no_consent"
            and await clients_counted(house, team) == 2
        )

    await eventually(are_two)
