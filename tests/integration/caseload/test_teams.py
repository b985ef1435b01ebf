"""Setting teams and workers up."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.caseload.conftest import Service, referral

TEAM: dict[str, Any] = {"name": "Street team", "county": "09", "municipalities": ["398"]}


async def test_a_team_is_set_up_read_and_changed(service: Service) -> None:
    path, admin = f"/v1/teams/{uuid4()}", service.admin()
    made = await service.http.put(path, json=TEAM, headers=admin)
    assert (made.status_code, made.headers["ETag"]) == (201, '"v1"')
    change = TEAM | {"target_groups": ["18-29"], "contact_policy": {"urgent": 4}}
    changed = await service.http.put(path, json=change, headers=admin | {"If-Match": '"v1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"')
    read = await service.http.get(path, headers=admin)
    assert read.json() == changed.json()
    assert read.json()["contact_policy"] == {"immediate": 2, "urgent": 4, "routine": 24}
    events = await service.events()
    assert [(e.type, e.key, e.data["version"]) for e in events] == [
        ("team.team-changed", read.json()["id"], 1),
        ("team.team-changed", read.json()["id"], 2),
    ]
    assert events[1].data["target_groups"] == ["18-29"]
    assert "name" not in events[1].data


async def test_a_worker_is_set_up_read_and_changed(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team)
    path = f"/v1/workers/{worker}"
    read = await service.http.get(path, headers=service.admin())
    assert read.headers["ETag"] == '"v1"'
    body = {name: value for name, value in read.json().items() if name != "id"}
    changed = await service.http.put(
        path,
        json=body | {"capacity_points": 9},
        headers=service.admin() | {"If-Match": '"v1"'},
    )
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"')
    assert changed.json()["capacity_points"] == 9
    events = [e for e in await service.events() if e.type == "team.worker-changed"]
    assert [(e.key, e.data["version"], e.data["capacity_points"]) for e in events] == [
        (worker, 1, 18),
        (worker, 2, 9),
    ]
    audited = await service.rows("SELECT action FROM audit ORDER BY id")
    assert [row["action"] for row in audited] == ["team.put", "worker.put", "worker.put"]


@pytest.mark.parametrize(
    ("if_match", "code"),
    [
        (None, "precondition_required"),
        ('"v2"', "precondition_failed"),
        ("x", "precondition_failed"),
    ],
)
async def test_nobody_s_change_is_overwritten(
    service: Service, if_match: str | None, code: str
) -> None:
    team = await service.team()
    headers = service.admin() | ({"If-Match": if_match} if if_match else {})
    answer = await service.http.put(f"/v1/teams/{team}", json=TEAM, headers=headers)
    assert answer.json()["code"] == code


async def test_what_is_not_there_is_not_changed(service: Service) -> None:
    path = f"/v1/teams/{uuid4()}"
    headers = service.admin() | {"If-Match": '"v1"'}
    answer = await service.http.put(path, json=TEAM, headers=headers)
    assert answer.status_code == 412
    assert (await service.http.get(path, headers=service.admin())).status_code == 404


async def test_a_worker_is_of_a_team_that_is_there(service: Service) -> None:
    body = {"team": str(uuid4()), "profession": "other", "employer_sector": "social"}
    answer = await service.http.put(f"/v1/workers/{uuid4()}", json=body, headers=service.admin())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/team"


async def test_only_administrators_set_teams_up(service: Service) -> None:
    headers = service.mint.headers("cases:read cases:write")
    for path in (f"/v1/teams/{uuid4()}", f"/v1/workers/{uuid4()}"):
        assert (await service.http.put(path, json={}, headers=headers)).status_code == 403
        assert (await service.http.get(path, headers=headers)).status_code == 403


async def test_a_new_worker_takes_those_who_wait(service: Service) -> None:
    team = await service.team()
    waiting = [await service.take(referral()) for _ in range(3)]
    worker = await service.worker(team, capacity=2)
    assert [(await service.case_of(data))["workers"] for data in waiting[:2]] == [[worker]] * 2
    assert [place["client_ref"] for place in await service.line()] == [str(waiting[2].client_ref)]


async def test_a_new_team_takes_those_whom_nobody_served(service: Service) -> None:
    waiting = await service.take(referral())
    assert (await service.line())[0]["team"] is None
    worker = await service.worker(await service.team())
    assert (await service.case_of(waiting))["workers"] == [worker]
    assert await service.line() == []
