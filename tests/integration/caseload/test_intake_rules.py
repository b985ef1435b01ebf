"""Pausing a source over HTTP: where its next referrals go, when it ends, and who is told."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.caseload.assignment.sweeping import sweep_once
from tests.integration.caseload.conftest import HOLLOLA, Service, referral
from tests.integration.caseload.steps import codes, explained, lead, set_intake

SOON = timedelta(hours=1)


def in_an_hour() -> str:
    return (datetime.now(UTC) + SOON).isoformat()


async def intake_events(service: Service) -> list[tuple[str, dict[str, Any]]]:
    return [(e.type, e.data) for e in await service.events() if e.type.startswith("team.intake")]


async def test_the_next_referral_goes_where_the_paused_team_said(service: Service) -> None:
    team, other = await service.team(), await service.team(municipalities=[HOLLOLA])
    await service.worker(team)
    worker = await service.worker(other)
    before = await service.case_of(await service.take(referral()))
    paused = await set_intake(service, team, redirect_to=other)
    assert (paused.status_code, paused.headers["ETag"]) == (201, '"v1"')
    data = await service.take(referral())
    case = await service.case_of(data)
    assert (before["team"], case["team"], case["workers"]) == (team, other, [worker])
    redirected = (await service.events(data.client_ref))[0]
    assert redirected.type == "case.redirected"
    assert (redirected.data["from_team"], redirected.data["team"]) == (team, other)
    assert redirected.data["reason"] == "intake_paused"
    why = await explained(service, case["id"])
    assert codes(why["why"]) == ["redirected_to_team", "intake_paused"]
    other_source = await service.take(referral(source_kind="landlord"))
    assert (await service.case_of(other_source))["team"] == team


async def test_without_a_word_where_to_the_guidance_unit_takes_them(service: Service) -> None:
    team = await service.team()
    unit = await service.team(municipalities=[], guidance_unit=True)
    await service.worker(team)
    worker = await service.worker(unit)
    await set_intake(service, team)
    case = await service.case_of(await service.take(referral(wished_team=team)))
    assert (case["team"], case["workers"]) == (unit, [worker])


async def test_a_pause_is_told_without_its_reason(service: Service) -> None:
    team = await service.team()
    until = in_an_hour()
    await set_intake(service, team, until=until, reason="one ward only, for now")
    await set_intake(service, team, state="open")
    (_, paused), (_, resumed) = events = await intake_events(service)
    assert [name for name, _ in events] == ["team.intake-paused", "team.intake-resumed"]
    assert paused["aggregate_id"] == paused["team"] == team
    assert (paused["partner_kind"], paused["version"]) == ("prison", 2)
    assert datetime.fromisoformat(paused["until"]) == datetime.fromisoformat(until)
    assert "reason" not in paused
    assert (resumed["by_itself"], resumed["version"]) == (False, 3)


async def test_who_waits_already_keeps_their_place(service: Service) -> None:
    team = await service.team()
    waiting = await service.take(referral())
    await set_intake(service, team)
    await service.worker(team, capacity=1)
    assert (await service.case_of(waiting))["team"] == team


async def test_where_nobody_else_is_they_wait_until_the_team_takes_again(
    service: Service,
) -> None:
    team = await service.team()
    worker = await service.worker(team)
    await set_intake(service, team)
    data = await service.take(referral())
    (place,) = await service.line(team=team)
    assert codes(place["why"])[0] == "waits_for_intake"
    assert codes((await explained(service, place["id"]))["why"])[-1] == "waits_for_intake"
    await service.close(await service.case_of(await service.take(referral(source_kind="ngo"))))
    assert len(await service.line()) == 1
    await set_intake(service, team, state="open")
    assert (await service.case_of(data))["workers"] == [worker]


async def test_another_source_lets_in_whom_a_pause_keeps_out(service: Service) -> None:
    team = await service.team()
    await service.worker(team)
    await set_intake(service, team)
    data = await service.take(referral())
    await service.take(referral(client_ref=data.client_ref, source_kind="hospital_ward"))
    await sweep_once(service.database)
    assert (await service.case_of(data))["team"] == team


async def test_a_pause_that_has_run_out_ends_by_itself_and_is_told_once(service: Service) -> None:
    team = await service.team()
    await service.worker(team)
    await set_intake(service, team, until=in_an_hour())
    waiting = await service.take(referral())
    await service.execute("UPDATE intake_rules SET until = now() - interval '1 second'")
    read = await service.http.get(f"/v1/teams/{team}/intake/prison", headers=service.admin())
    assert (read.json()["state"], read.json()["until"]) == ("open", None)
    at_once = await service.take(referral())
    assert (await service.case_of(at_once))["team"] == team
    await asyncio.gather(*(sweep_once(service.database) for _ in range(4)))
    assert (await service.case_of(waiting))["team"] == team
    _, (name, resumed) = await intake_events(service)
    assert (name, resumed["by_itself"]) == ("team.intake-resumed", True)


async def test_a_day_ends_a_pause_as_it_begins(service: Service) -> None:
    team = await service.team()
    answer = await set_intake(service, team, until="2199-01-31")
    assert answer.json()["until"] == "2199-01-30T22:00:00Z"


async def test_every_kind_is_open_until_somebody_says_otherwise(service: Service) -> None:
    team = await service.team()
    await set_intake(service, team, "landlord")
    answer = await service.http.get(f"/v1/teams/{team}/intake", headers=lead(service, team))
    states = {rule["partner_kind"]: rule["state"] for rule in answer.json()["items"]}
    assert len(states) == 16
    assert {kind for kind, state in states.items() if state == "paused"} == {"landlord"}


async def test_nobody_s_rule_is_overwritten(service: Service) -> None:
    team = await service.team()
    await set_intake(service, team)
    path, body = f"/v1/teams/{team}/intake/prison", {"state": "open", "reason": "room again"}
    for headers, code in (({}, 428), ({"If-Match": '"v7"'}, 412), ({"If-Match": '"v1"'}, 200)):
        answer = await service.http.put(path, json=body, headers=service.admin() | headers)
        assert answer.status_code == code


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"redirect_to": str(uuid4())}, "/redirect_to", "team_unknown"),
        ({"redirect_to": "itself"}, "/redirect_to", "redirects_to_itself"),
        ({"until": "2020-01-01"}, "/until", "in_the_past"),
        ({"state": "open", "until": "2199-01-01"}, "", "only_when_paused"),
        ({"reason": "call 040 123 4567"}, "/reason", "identifying_value"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused(
    service: Service, body: dict[str, str], pointer: str, code: str
) -> None:
    team = await service.team()
    named = {name: team if value == "itself" else value for name, value in body.items()}
    answer = await set_intake(service, team, **named)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert await intake_events(service) == []


async def test_a_guidance_unit_stays_open(service: Service) -> None:
    unit = await service.team(guidance_unit=True)
    answer = await set_intake(service, unit)
    assert answer.json()["errors"][0]["code"] == "guidance_unit_stays_open"


async def test_a_lead_decides_for_their_own_team_alone(service: Service) -> None:
    team, other = await service.team(), await service.team()
    body = {"state": "paused", "reason": "full"}
    for headers, status in (
        (lead(service, other), 404),
        (service.lead(team), 403),
        (lead(service, team), 201),
    ):
        path = f"/v1/teams/{team}/intake/landlord"
        answer = await service.http.put(path, json=body, headers=headers)
        assert answer.status_code == status
