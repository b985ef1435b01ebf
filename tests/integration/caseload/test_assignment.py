"""A referral gets a worker, a place in line, or joins what is there; never lost, never refused."""

import asyncio
from collections import Counter
from itertools import pairwise
from uuid import UUID, uuid4

from tests.integration.caseload.conftest import (
    HELSINKI,
    HOLLOLA,
    Service,
    referral,
)

DUE_IN_8_WORKING_HOURS = "2026-03-03T08:00:00Z"


async def types_of(service: Service, client_ref: UUID) -> list[str]:
    """What happened to a client; the versions are told to be without a hole."""
    events = await service.events(client_ref)
    assert [event.data["version"] for event in events] == list(range(1, len(events) + 1))
    assert len({event.data["aggregate_id"] for event in events}) == 1
    return [event.type.removeprefix("case.") for event in events]


async def test_a_referral_gets_a_worker_of_a_team_that_serves_the_client(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team)
    data = await service.take(referral())
    case = await service.case_of(data)
    assert (case["team"], case["workers"], case["status"]) == (team, [worker], "assigned")
    assert case["contact_due_at"] == DUE_IN_8_WORKING_HOURS
    assert (case["county"], case["municipality"], case["urgency"]) == ("09", "398", "urgent")
    accepted, assigned = await service.events(data.client_ref)
    assert await types_of(service, data.client_ref) == ["referral-accepted", "assigned"]
    assert accepted.correlation == assigned.correlation == str(data.aggregate_id)
    assert accepted.data["referral_id"] == str(data.aggregate_id)
    assert accepted.data["joined_open_case"] is False
    assert accepted.data["contact_due_at"] == DUE_IN_8_WORKING_HOURS
    assert assigned.data["workers"] == [worker]
    assert assigned.data["aggregate_id"] == case["id"]


async def test_the_wished_team_takes_the_client_and_its_policy_holds(service: Service) -> None:
    await service.worker(await service.team())
    wished = await service.team(contact_policy={"urgent": 2})
    await service.worker(wished)
    case = await service.case_of(await service.take(referral(wished_team=wished)))
    assert case["team"] == wished
    assert case["contact_due_at"] == "2026-03-02T10:00:00Z"


async def test_reasons_of_both_sectors_get_a_work_pair(service: Service) -> None:
    team = await service.team()
    social = await service.worker(team)
    nurse = await service.worker(team, profession="psychiatric_nurse", employer_sector="health")
    data = await service.take(referral(reasons=["homelessness", "substance_use"]))
    assert (await service.case_of(data))["workers"] == sorted([social, nurse])


async def test_a_second_referral_joins_the_open_case(service: Service) -> None:
    await service.worker(await service.team())
    first = await service.take(referral(urgency="routine"))
    second = await service.take(referral(client_ref=first.client_ref, urgency="immediate"))
    case = await service.case_of(first)
    assert case["referral_ids"] == [str(first.aggregate_id), str(second.aggregate_id)]
    assert case["urgency"] == "immediate"
    assert case["contact_due_at"] == "2026-03-02T10:00:00Z"
    assert await types_of(service, first.client_ref) == [
        "referral-accepted",
        "assigned",
        "referral-accepted",
    ]
    joined = (await service.events(first.client_ref))[-1]
    assert joined.data["joined_open_case"] is True
    assert joined.data["referral_ids"] == case["referral_ids"]
    assert joined.correlation == str(second.aggregate_id)


async def test_a_referral_that_is_told_again_under_another_event_changes_nothing(
    service: Service,
) -> None:
    await service.worker(await service.team())
    data = await service.take(referral())
    case, events = await service.case_of(data), await types_of(service, data.client_ref)
    await service.take(data)
    again = data.model_copy(update={"client_ref": uuid4()})
    await service.take(again)
    assert await service.case_of(data) == case
    assert await types_of(service, data.client_ref) == events
    assert await service.events(again.client_ref) == []


async def test_a_client_whose_case_is_closed_begins_anew(service: Service) -> None:
    await service.worker(await service.team())
    first = await service.take(referral())
    await service.close(await service.case_of(first))
    again = await service.take(referral(client_ref=first.client_ref))
    assert (await service.case_of(again))["referral_ids"] == [str(again.aggregate_id)]
    assert len(await service.rows("SELECT 1 FROM cases")) == 2


async def test_without_room_the_client_waits_and_gets_the_room_of_a_closed_case(
    service: Service,
) -> None:
    team = await service.team()
    await service.worker(team, capacity=1)
    first = await service.take(referral())
    second = await service.take(referral())
    (place,) = await service.line(team=team)
    assert place["client_ref"] == str(second.client_ref)
    assert place["contact_due_at"] == DUE_IN_8_WORKING_HOURS
    await service.close(await service.case_of(first))
    case = await service.case_of(second)
    assert (case["id"], case["status"]) == (place["id"], "assigned")
    assert case["contact_due_at"] == DUE_IN_8_WORKING_HOURS
    assert await service.line() == []
    assert await types_of(service, second.client_ref) == [
        "waitlisted",
        "referral-accepted",
        "assigned",
    ]


async def test_who_waits_already_keeps_one_place_for_both_referrals(service: Service) -> None:
    team = await service.team()
    first = await service.take(referral(urgency="routine", reasons=["homelessness"]))
    second = await service.take(
        referral(client_ref=first.client_ref, urgency="urgent", reasons=["mental_health"])
    )
    (place,) = await service.line()
    assert place["referral_ids"] == [str(first.aggregate_id), str(second.aggregate_id)]
    assert (place["urgency"], place["contact_due_at"]) == ("urgent", DUE_IN_8_WORKING_HOURS)
    await service.worker(team)
    events = await service.events(first.client_ref)
    assert await types_of(service, first.client_ref) == [
        "waitlisted",
        "waitlisted",
        "referral-accepted",
        "referral-accepted",
        "assigned",
    ]
    assert [e.data["joined_open_case"] for e in events[2:4]] == [False, True]
    assert [e.data["referral_id"] for e in events[:4]] == place["referral_ids"] * 2


async def test_whom_no_team_serves_goes_to_the_county_s_guidance_unit(service: Service) -> None:
    team = await service.team()
    unit = await service.team(municipalities=[], guidance_unit=True)
    await service.worker(team)
    worker = await service.worker(unit, capacity=1)
    data = await service.take(referral(municipality=HOLLOLA, wished_team=team))
    case = await service.case_of(data)
    assert (case["team"], case["workers"]) == (unit, [worker])
    assert await types_of(service, data.client_ref) == [
        "redirected",
        "referral-accepted",
        "assigned",
    ]
    redirected = (await service.events(data.client_ref))[0].data
    assert redirected["reason"] == "municipality_not_covered"
    assert (redirected["from_team"], redirected["team"]) == (team, unit)
    late = await service.take(referral(municipality=HOLLOLA))
    assert await types_of(service, late.client_ref) == ["redirected", "waitlisted"]
    assert [place["team"] for place in await service.line()] == [unit]


async def test_whom_the_agreement_redirects_goes_to_the_guidance_unit(service: Service) -> None:
    team = await service.team()
    unit = await service.team(municipalities=[], guidance_unit=True)
    await service.worker(team)
    worker = await service.worker(unit, capacity=1)
    data = await service.take(referral(redirect_reason="over_quota", wished_team=team))
    case = await service.case_of(data)
    assert (case["team"], case["workers"]) == (unit, [worker])
    redirected = (await service.events(data.client_ref))[0].data
    assert (redirected["reason"], redirected["from_team"]) == ("over_quota", team)
    late = await service.take(referral(redirect_reason="outside_agreement"))
    assert await types_of(service, late.client_ref) == ["redirected", "waitlisted"]
    assert [place["team"] for place in await service.line()] == [unit]


async def test_who_has_a_case_or_a_place_keeps_it_whatever_the_agreement_says(
    service: Service,
) -> None:
    team = await service.team()
    await service.team(municipalities=[], guidance_unit=True)
    await service.worker(team, capacity=1)
    client, waiting = await service.take(referral()), await service.take(referral())
    for first in (client, waiting):
        await service.take(referral(client_ref=first.client_ref, redirect_reason="over_quota"))
    assert (await service.case_of(client))["team"] == team
    assert [place["team"] for place in await service.line()] == [team]
    assert "redirected" not in await types_of(service, client.client_ref)
    assert "redirected" not in await types_of(service, waiting.client_ref)


async def test_whom_nobody_serves_keeps_a_place_all_the_same(service: Service) -> None:
    await service.worker(await service.team())
    data = await service.take(referral(municipality=HELSINKI, wished_team=uuid4()))
    (place,) = await service.line()
    assert (place["team"], place["client_ref"]) == (None, str(data.client_ref))
    assert await types_of(service, data.client_ref) == ["waitlisted"]
    (event,) = await service.events(data.client_ref)
    assert "team" not in event.data


async def test_a_new_guidance_unit_takes_whom_nobody_served(service: Service) -> None:
    data = await service.take(referral(municipality=HOLLOLA))
    unit = await service.team(municipalities=[], guidance_unit=True)
    worker = await service.worker(unit)
    assert (await service.case_of(data))["workers"] == [worker]
    assert await types_of(service, data.client_ref) == [
        "waitlisted",
        "redirected",
        "referral-accepted",
        "assigned",
    ]


async def test_every_candidate_is_explained_in_words_and_codes(service: Service) -> None:
    team = await service.team()
    elsewhere = await service.team(municipalities=[HOLLOLA])
    busy = await service.worker(team, capacity=0)
    swede = await service.worker(team, languages=["sv"])
    finn = await service.worker(team)
    far = await service.worker(elsewhere)
    data = await service.take(referral(wished_team=elsewhere))
    case = await service.case_of(data)
    answer = await service.http.get(f"/v1/cases/{case['id']}/assignment", headers=service.admin())
    explained = answer.json()
    assert (explained["team"], explained["workers"]) == (team, [finn])
    candidates = {
        entry["worker"]: (entry["score"], entry["chosen"], [w["code"] for w in entry["why"]])
        for entry in explained["candidates"]
    }
    assert candidates == {
        finn: (7.0, True, ["chosen", "profession_asked_for", "language_spoken"]),
        swede: (5.0, False, ["lower_score", "profession_asked_for", "language_not_spoken"]),
        busy: (6.0, False, ["no_room", "profession_asked_for", "language_spoken"]),
        far: (7.0, False, ["team_not_in_line", "profession_asked_for", "language_spoken"]),
    }
    assert [w["code"] for entry in explained["teams"] for w in entry["why"]] == [
        "serves_the_client",
        "wished_team",
        "municipality_not_covered",
    ]
    assert all(w["text"] for entry in explained["teams"] for w in entry["why"])


async def test_why_a_client_waits_is_explained_too(service: Service) -> None:
    team = await service.team()
    await service.worker(team, capacity=0)
    await service.take(referral())
    (place,) = await service.line()
    path = f"/v1/cases/{place['id']}/assignment"
    answer = await service.http.get(path, headers=service.lead(team))
    assert [ground["code"] for ground in answer.json()["why"]] == ["waits_for_room"]
    other = service.lead(await service.team())
    assert (await service.http.get(path, headers=other)).status_code == 404


async def test_forty_referrals_at_once_overfill_nobody(service: Service) -> None:
    team = await service.team()
    room = {
        await service.worker(team, capacity=18): 18,
        await service.worker(team, capacity=12): 12,
    }
    await asyncio.gather(*(service.take(referral()) for _ in range(40)))
    rows = await service.rows("SELECT worker_id, count(*) FROM case_workers GROUP BY worker_id")
    assert {str(row["worker_id"]): row["count"] for row in rows} == room
    assert len(await service.rows("SELECT 1 FROM cases WHERE status = 'assigned'")) == 30
    assert len(await service.line()) == 10
    happened = Counter(event.type for event in await service.events())
    assert happened["case.assigned"] == 30
    assert happened["case.waitlisted"] == 10


async def test_closing_while_referrals_arrive_loses_nobody_and_overfills_nobody(
    service: Service,
) -> None:
    team, other = await service.team(), await service.team()
    room = {await service.worker(team, capacity=3): 3, await service.worker(other, capacity=4): 4}
    running = [await service.take(referral()) for _ in range(12)]
    cases = [await service.case_of(data) for data in running[:7]]
    closing = asyncio.gather(*(service.close(case) for case in cases))
    arriving = asyncio.gather(*(service.take(referral()) for _ in range(15)))
    assert [answer.status_code for answer in await closing] == [200] * 7
    await arriving
    rows = await service.rows(
        "SELECT worker_id, count(*) FROM case_workers JOIN cases ON id = case_id "
        "WHERE status <> 'closed' GROUP BY worker_id"
    )
    assert {str(row["worker_id"]): row["count"] for row in rows} == room
    assert len(await service.line()) == 12 + 15 - 7 - 7


async def test_two_referrals_of_one_client_at_once_make_one_case(service: Service) -> None:
    await service.worker(await service.team())
    client_ref = uuid4()
    await asyncio.gather(*(service.take(referral(client_ref=client_ref)) for _ in range(8)))
    (case,) = await service.rows("SELECT id, version FROM cases")
    assert case["version"] == 2 + 7
    versions = [event.data["version"] for event in await service.events(client_ref)]
    assert all(later == earlier + 1 for earlier, later in pairwise(versions))


async def test_a_worker_who_changes_teams_meanwhile_is_not_overfilled(service: Service) -> None:
    """The rows that a decision reads are locked by whoever changes them, in either team."""
    team, other = await service.team(), await service.team()
    worker = await service.worker(team, capacity=5)
    body = {"team": other, "profession": "other", "employer_sector": "social", "capacity_points": 5}
    headers = service.admin() | {"If-Match": '"v1"'}
    move = service.http.put(f"/v1/workers/{worker}", json=body, headers=headers)
    _, moved, *_ = await asyncio.gather(
        asyncio.gather(*(service.take(referral()) for _ in range(10))),
        move,
        asyncio.gather(*(service.take(referral(wished_team=other)) for _ in range(10))),
    )
    assert moved.status_code == 200
    assert len(await service.rows("SELECT 1 FROM case_workers")) == 5
    assert len(await service.line()) == 15
