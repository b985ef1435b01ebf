"""Giving a case to other workers over HTTP: within their room, or beyond it by a lead."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.caseload.conftest import Service, referral
from tests.integration.caseload.steps import codes, explained, lead, record_absence


async def reassign(
    service: Service, case: dict[str, Any], headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    """Reassigns at the version last seen."""
    sent = (service.admin() if headers is None else headers) | {"If-Match": case["etag"]}
    body = {"reason": "workload"} | body
    return await service.http.post(f"/v1/cases/{case['id']}/reassign", json=body, headers=sent)


async def test_a_case_gets_another_worker_and_all_learn_of_it(service: Service) -> None:
    team = await service.team()
    before = await service.worker(team)
    data = await service.take(referral())
    after = await service.worker(team)
    case = await service.case_of(data)
    answer = await reassign(service, case, service.lead(team), worker=after)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"v3"')
    assert answer.json()["workers"] == [after]
    event = (await service.events(data.client_ref))[-1]
    assert (event.type, event.data["version"]) == ("case.reassigned", 3)
    assert (event.data["workers"], event.data["before"]) == ([after], [before])
    assert (event.data["reason"], event.data["beyond_capacity"]) == ("workload", False)
    assert event.data["team"] == team
    why = await explained(service, case["id"])
    assert (why["workers"], codes(why["why"])) == ([after], ["reassigned"])
    chosen = {c["worker"]: codes(c["why"])[0] for c in why["candidates"]}
    assert chosen == {after: "reassigned", before: "not_picked"}
    assert [(d["act"], d["reason"]) for d in why["decisions"]] == [("reassign", "workload")]
    audited = await service.rows("SELECT 1 FROM audit WHERE action = 'case.reassign'")
    assert len(audited) == 1


async def test_words_of_one_s_own_stay_in_the_service(service: Service) -> None:
    team = await service.team()
    await service.worker(team)
    data = await service.take(referral())
    case = await service.case_of(data)
    await reassign(service, case, worker=await service.worker(team), reason="knows the family")
    assert (await service.events(data.client_ref))[-1].data["reason"] == "other"
    why = await explained(service, case["id"])
    assert why["decisions"][0]["reason"] == "knows the family"
    (row,) = await service.rows("SELECT reason, words_sealed FROM lead_decisions")
    assert row["reason"] is None
    assert b"family" not in row["words_sealed"]


async def test_the_room_that_somebody_gets_goes_to_who_waits(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team, capacity=1)
    case = await service.case_of(await service.take(referral()))
    other_team = await service.team(municipalities=[])
    other = await service.worker(other_team)
    waiting = await service.take(referral())
    moved = await reassign(service, case, worker=other)
    assert (moved.json()["team"], moved.json()["workers"]) == (other_team, [other])
    assert (await service.case_of(waiting))["workers"] == [worker]


async def test_a_case_gets_a_work_pair(service: Service) -> None:
    team = await service.team()
    social = await service.worker(team)
    case = await service.case_of(await service.take(referral()))
    nurse = await service.worker(team, profession="psychiatric_nurse", employer_sector="health")
    answer = await reassign(service, case, workers=[nurse, social], reason="competence")
    assert answer.json()["workers"] == sorted([social, nurse])


@pytest.mark.parametrize("why", ["no_room", "absent"])
async def test_who_cannot_take_it_is_passed_only_by_a_lead(service: Service, why: str) -> None:
    team = await service.team()
    await service.worker(team)
    data = await service.take(referral())
    case = await service.case_of(data)
    other = await service.worker(team, capacity=0 if why == "no_room" else 18)
    if why == "absent":
        await record_absence(service, other)
    refused = await reassign(service, case, lead(service, team), worker=other)
    assert (refused.status_code, refused.json()["code"]) == (409, "worker_unavailable")
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/worker", why)
    forbidden = await reassign(service, case, service.lead(team), worker=other, override=True)
    assert forbidden.status_code == 403
    done = await reassign(service, case, lead(service, team), worker=other, override=True)
    assert done.json()["workers"] == [other]
    assert (await service.events(data.client_ref))[-1].data["beyond_capacity"] is True
    explained_why = codes((await explained(service, case["id"]))["why"])
    assert explained_why == ["reassigned", "beyond_capacity"]


async def test_those_who_have_the_case_need_no_more_room_for_it(service: Service) -> None:
    team = await service.team()
    full = await service.worker(team, capacity=1)
    case = await service.case_of(await service.take(referral()))
    other = await service.worker(team)
    assert (await reassign(service, case, workers=[full, other])).status_code == 200


async def test_nothing_happens_when_they_have_it_already(service: Service) -> None:
    worker = await service.worker(await service.team())
    data = await service.take(referral())
    case = await service.case_of(data)
    answer = await reassign(service, case, worker=worker)
    assert (answer.status_code, answer.headers["ETag"]) == (200, case["etag"])
    assert len(await service.events(data.client_ref)) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"worker": str(uuid4())}, "worker_unknown"),
        ({"worker": "stranger"}, "worker_unknown"),
        ({}, "worker_or_workers"),
        ({"workers": []}, "too_short"),
        ({"workers": [str(uuid4())] * 2}, "worker_twice"),
        ({"worker": str(uuid4()), "reason": "010190-900P moved"}, "identifying_value"),
    ],
)
async def test_a_reassignment_that_cannot_be_is_refused(
    service: Service, body: dict[str, Any], code: str
) -> None:
    team = await service.team()
    await service.worker(team)
    case = await service.case_of(await service.take(referral()))
    if body.get("worker") == "stranger":
        body = {"worker": await service.worker(await service.team())}
    answer = await reassign(service, case, lead(service, team), **body)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == [code]


async def test_a_closed_case_is_nobody_s_any_more(service: Service) -> None:
    team = await service.team()
    await service.worker(team)
    case = await service.case_of(await service.take(referral()))
    closed = await service.close(case)
    case["etag"] = closed.headers["ETag"]
    answer = await reassign(service, case, worker=await service.worker(team))
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
