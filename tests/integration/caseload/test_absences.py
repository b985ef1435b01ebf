"""Absences and part-time over HTTP: who is no candidate, until when, and what others learn."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.caseload.assignment.sweeping import sweep_once
from tests.integration.caseload.conftest import Service, referral
from tests.integration.caseload.steps import (
    TODAY,
    change,
    codes,
    explained,
    lead,
    record_absence,
)


async def test_who_is_absent_takes_no_new_case_and_is_explained(service: Service) -> None:
    team = await service.team()
    away, here = await service.worker(team), await service.worker(team)
    kept = await service.case_of(await service.take(referral()))
    assert kept["workers"] == [away]
    recorded = await record_absence(service, away)
    assert (recorded.status_code, recorded.headers["ETag"]) == (201, '"v1"')
    case = await service.case_of(await service.take(referral()))
    assert case["workers"] == [here]
    candidates = (await explained(service, case["id"]))["candidates"]
    assert codes(next(c for c in candidates if c["worker"] == away)["why"])[0] == "absent"
    theirs = await service.http.get(f"/v1/cases?worker={away}", headers=service.admin())
    assert [item["id"] for item in theirs.json()["items"]] == [kept["id"]]


@pytest.mark.parametrize(("first", "last"), [(1, 7), (-7, -1)])
async def test_an_absence_of_other_days_keeps_nobody_away(
    service: Service, first: int, last: int
) -> None:
    worker = await service.worker(await service.team())
    await record_absence(service, worker, first, last)
    assert (await service.case_of(await service.take(referral())))["workers"] == [worker]


async def test_others_learn_the_days_and_not_why(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team)
    absence = (await record_absence(service, worker, 0, 2)).json()
    event = (await service.events())[-1]
    assert (event.type, event.key) == ("team.absence-recorded", worker)
    expected = {"aggregate_id": worker, "version": 2, "team": team, "absence": absence["id"]}
    days = {"from_day": str(TODAY), "to_day": str(TODAY + timedelta(days=2))}
    assert {**event.data, **expected, **days} == event.data
    assert "kind" not in event.data


async def test_who_is_back_takes_those_who_wait(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team)
    absence = await record_absence(service, worker)
    data = await service.take(referral())
    assert len(await service.line()) == 1
    path = f"{absence.headers['Location']}/cancel"
    headers = lead(service, team) | {"If-Match": absence.headers["ETag"]}
    cancelled = await service.http.post(path, headers=headers)
    assert cancelled.json()["cancelled_at"] is not None
    assert (await service.case_of(data))["workers"] == [worker]
    names = [event.type for event in await service.events()]
    assert names[-3:] == ["team.absence-cancelled", "case.referral-accepted", "case.assigned"]
    again = await service.http.post(path, headers=headers | {"If-Match": '"v2"'})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")


async def test_an_absence_that_is_over_makes_room_by_itself(service: Service) -> None:
    worker = await service.worker(await service.team())
    await record_absence(service, worker)
    data = await service.take(referral())
    await service.execute("UPDATE absences SET from_day = '2026-01-05', to_day = '2026-01-09'")
    await sweep_once(service.database)
    assert (await service.case_of(data))["workers"] == [worker]


async def test_part_time_scales_the_capacity(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team, capacity=5, working_days=[1, 3])
    for _ in range(3):
        await service.take(referral())
    assert len(await service.line()) == 1
    (place,) = await service.line()
    (candidate,) = (await explained(service, place["id"]))["candidates"]
    assert (candidate["load"], candidate["capacity"]) == (2.0, 2.0)
    assert codes(candidate["why"])[0] == "no_room"
    assert codes(candidate["why"])[-1] == "part_time"
    await change(service, f"/v1/workers/{worker}", working_days=[1, 3, 5])
    assert await service.line() == []


async def test_absences_are_listed_and_read(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team)
    ids = [(await record_absence(service, worker, n, n)).json()["id"] for n in (3, 1, 2)]
    path = f"/v1/workers/{worker}/absences"
    page = (await service.http.get(path, params={"limit": "2"}, headers=service.admin())).json()
    assert [item["id"] for item in page["items"]] == ids[:0:-1]
    rest = {"limit": "2", "cursor": page["next"]}
    page = (await service.http.get(path, params=rest, headers=service.admin())).json()
    assert ([item["id"] for item in page["items"]], page["next"]) == (ids[:1], None)
    one = await service.http.get(f"{path}/{ids[0]}", headers=lead(service, team))
    assert (one.json()["from"], one.headers["ETag"]) == (str(TODAY + timedelta(days=3)), '"v1"')


async def test_the_same_request_again_records_nothing_twice(service: Service) -> None:
    worker = await service.worker(await service.team())
    headers = {"Idempotency-Key": "absence-1"}
    first = await record_absence(service, worker, **headers)
    again = await record_absence(service, worker, **headers)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await service.rows("SELECT 1 FROM absences")) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"from": "2026-05-02", "to": "2026-05-01", "kind": "leave"}, "ends_before_it_begins"),
        ({"from": "2026-05-01", "to": "2026-05-02", "kind": "flu"}, "enum"),
        ({"from": "2026-05-01", "kind": "leave"}, "missing"),
        (
            {"from": "2026-05-01", "to": "2026-05-02", "kind": "leave", "why": "x"},
            "extra_forbidden",
        ),
    ],
)
async def test_an_absence_that_cannot_be_is_refused(
    service: Service, body: dict[str, str], code: str
) -> None:
    worker = await service.worker(await service.team())
    path = f"/v1/workers/{worker}/absences"
    answer = await service.http.post(path, json=body, headers=service.admin())
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == [code]


async def test_absences_of_another_team_s_worker_are_not_there(service: Service) -> None:
    team, other = await service.team(), await service.team()
    worker = await service.worker(team)
    absence = await record_absence(service, worker)
    path = f"/v1/workers/{worker}/absences"
    stranger = lead(service, other)
    assert (await service.http.get(path, headers=stranger)).status_code == 404
    assert (await service.http.get(f"{path}/{uuid4()}", headers=stranger)).status_code == 404
    cancel = f"{absence.headers['Location']}/cancel"
    answer = await service.http.post(cancel, headers=stranger | {"If-Match": '"v1"'})
    assert answer.status_code == 404
    answer = await service.http.post(cancel, headers=service.admin())
    assert answer.status_code == 428
