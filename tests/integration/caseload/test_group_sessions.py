"""Group sessions over HTTP: who came stays at the team, how many is told."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.caseload.conftest import Service, referral


def body(team: str, **changes: Any) -> dict[str, Any]:
    return {"team": team, "on": "2026-03-02", "theme": "daily_living", "attendance": 7} | changes


async def post(service: Service, sent: dict[str, Any]) -> httpx.Response:
    return await service.http.post("/v1/group-sessions", json=sent, headers=service.admin())


@pytest.fixture
async def case(service: Service) -> dict[str, Any]:
    """A case of a team with one worker."""
    await service.worker(await service.team())
    return await service.case_of(await service.take(referral()))


async def test_the_event_counts_and_names_nobody(service: Service, case: dict[str, Any]) -> None:
    team = case["team"]
    made = await post(service, body(team, clients=[case["id"], case["id"]]))
    assert made.status_code == 201, made.text
    view = body(team, clients=[case["id"]]) | {"id": made.json()["id"]}
    assert made.json() == view
    read = await service.http.get(made.headers["Location"], headers=service.lead(team))
    assert read.json() == view
    event = (await service.events())[-1]
    assert (event.type, event.key) == ("consultation.group-session-held", view["id"])
    assert (event.data["attendance"], event.data["clients"]) == (7, 1)
    assert (event.data["theme"], event.data["held_on"]) == ("daily_living", "2026-03-02")
    told = str(event.data)
    assert case["id"] not in told
    assert case["client_ref"] not in told


async def test_each_client_who_is_shown_is_logged(service: Service, case: dict[str, Any]) -> None:
    await post(service, body(case["team"], clients=[case["id"]]))
    await post(service, body(case["team"]))
    listed = await service.http.get("/v1/group-sessions", headers=service.lead(case["team"]))
    assert [item["clients"] for item in listed.json()["items"]] == [[], [case["id"]]]
    rows = await service.rows(
        "SELECT client_ref FROM audit WHERE action = 'group_session.read' ORDER BY id"
    )
    assert [row["client_ref"] and str(row["client_ref"]) for row in rows] == [
        None,
        case["client_ref"],
    ]


async def test_what_is_wrong_is_pointed_at(service: Service, case: dict[str, Any]) -> None:
    good = body(case["team"], clients=[case["id"]])
    for change, pointer, code in (
        ({"attendance": 0}, "/attendance", "fewer_than_clients"),
        ({"clients": [str(uuid4())]}, "/clients", "case_unknown"),
        ({"theme": "Matin ryhmä"}, "/theme", "string_pattern_mismatch"),
        ({"team": str(uuid4())}, "/team", "team_unknown"),
    ):
        refused = await post(service, good | change)
        assert refused.status_code == 422
        found = [(error["pointer"], error["code"]) for error in refused.json()["errors"]]
        assert found == [(pointer, code)]
    assert await service.rows("SELECT 1 FROM group_sessions") == []


async def test_another_teams_session_is_not_there(service: Service, case: dict[str, Any]) -> None:
    made = await post(service, body(case["team"]))
    stranger = service.lead(await service.team())
    assert (await service.http.get(made.headers["Location"], headers=stranger)).status_code == 404
    assert (await service.http.get("/v1/group-sessions", headers=stranger)).json()["items"] == []
