"""A client is accompanied to a receiving service, which may answer with a token of its own."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.caseload.handovers.sweeping import bounce_unanswered
from tests.integration.caseload.acting import Hands, moment, take_on
from tests.integration.caseload.conftest import Service

RECEIVER = "01980000-0000-7000-8000-000000000104"
PROPOSAL = {
    "receiver": {"id": RECEIVER, "name": "Adult Social Work", "kind": "adult_social_work"},
    "service": "supported_housing",
}


@pytest.fixture
async def hands(service: Service) -> Hands:
    """A case in support."""
    await service.worker(await service.team(contact_policy={"urgent": 160}))
    case = await take_on(service)
    await case.support()
    return case


def receiver(service: Service, org: str = RECEIVER) -> dict[str, str]:
    """Headers of a receiving service."""
    return service.mint.headers("handovers:answer", client_id="receiver", org=org)


async def propose(hands: Hands) -> str:
    """Proposes a handover; its id."""
    return str((await hands.do("handovers", PROPOSAL))["id"])


async def answer(hands: Hands, handover: str, act: str, body: Any = None) -> httpx.Response:
    """The receiving service reads the handover and acts on what it read."""
    http, headers = hands.service.http, receiver(hands.service)
    url = f"/v1/cases/{hands.case_id}/handovers/{handover}"
    seen = await http.get(url, headers=headers)
    version = {"If-Match": seen.headers["ETag"]}
    return await http.post(f"{url}/{act}", json=body, headers=headers | version)


async def overdue(hands: Hands) -> None:
    """Time goes by, until nobody has answered in time."""
    await hands.service.rows("UPDATE handovers SET answer_due_at = now() - interval '1 minute'")


async def test_a_handover_is_done_when_all_have_met_and_the_receiver_confirmed(
    hands: Hands,
) -> None:
    handover = await propose(hands)
    assert (await hands.see())["status"] == "handover"
    assert (await answer(hands, handover, "accept")).json()["status"] == "accepted"
    early = await answer(hands, handover, "confirm")
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    await hands.see()
    too_early = await hands.act("close", {"reason": "handed_over"})
    assert (too_early.status_code, too_early.json()["code"]) == (409, "illegal_transition")
    met = await hands.do(f"handovers/{handover}/joint-meeting", {"at": moment(minutes=9)})
    assert met["status"] == "accompanied"
    assert (await answer(hands, handover, "confirm")).json()["status"] == "confirmed"
    assert (await hands.see())["status"] == "handover", "open until it is closed"
    closed = await hands.do("close", {"reason": "handed_over", "alternative_service": "communal"})
    assert (closed["status"], closed["closing_reason"]) == ("closed", "handed_over")
    assert (await hands.types())[-5:] == [
        "handover-proposed",
        "handover-accepted",
        "handover-joint-meeting-held",
        "handover-confirmed",
        "closed",
    ]
    proposed = (await hands.told())[-5].model_dump(mode="json")
    assert proposed["handover_id"] == handover
    assert (proposed["receiver_id"], proposed["receiver_kind"]) == (RECEIVER, "adult_social_work")
    assert (await hands.folded()).status == "closed"


async def test_the_team_writes_down_what_a_receiver_without_a_token_says(hands: Hands) -> None:
    proposed = await hands.do("handovers", {"receiver": "Street clinic", "service": "clinic"})
    assert proposed["receiver"] == {"id": None, "name": "Street clinic", "kind": "other"}
    for act, status in (
        ("accept", "accepted"),
        ("joint-meeting", "accompanied"),
        ("confirm", "confirmed"),
    ):
        assert (await hands.do(f"handovers/{proposed['id']}/{act}"))["status"] == status


async def test_a_receiver_sees_its_handovers_codes_and_nothing_else(hands: Hands) -> None:
    service, handover = hands.service, await propose(hands)
    await hands.do("goals", {"area": "housing"})
    url = f"/v1/cases/{hands.case_id}/handovers/{handover}"
    seen = await service.http.get(url, headers=receiver(service))
    assert set(seen.json()) == {
        "id",
        "case",
        "status",
        "service",
        "proposed_at",
        "answer_due_at",
        "answered_at",
        "joint_meeting_at",
        "confirmed_at",
        "ended_at",
    }
    assert seen.headers["ETag"] == '"v1"', "the case's version would tell how much is going on"
    listed = await service.http.get("/v1/handovers", headers=receiver(service))
    assert listed.json()["items"] == [seen.json()]
    query = {"status": "confirmed"}
    none = await service.http.get("/v1/handovers", params=query, headers=receiver(service))
    assert none.json()["items"] == []
    team = await service.http.get(url, headers=service.admin())
    assert team.json()["receiver"]["name"] == "Adult Social Work"
    assert team.headers["ETag"] == (await hands.see() and hands.etag)


async def test_what_is_not_a_receivers_is_not_there_for_it(hands: Hands) -> None:
    service, handover = hands.service, await propose(hands)
    url = f"/v1/cases/{hands.case_id}/handovers/{handover}"
    version = {"If-Match": '"v1"'}
    stranger = receiver(service, str(uuid4()))
    for headers in (stranger, receiver(service, "None"), service.lead(str(uuid4()))):
        assert (await service.http.get(url, headers=headers)).status_code == 404
        accept = await service.http.post(f"{url}/accept", headers=headers | version)
        assert accept.status_code == 404
    own = receiver(service)
    other_case = f"/v1/cases/{uuid4()}/handovers/{handover}"
    assert (await service.http.get(other_case, headers=own)).status_code == 404
    accept = await service.http.post(f"{other_case}/accept", headers=own | version)
    assert accept.status_code == 404
    for act in ("joint-meeting", "fail", "follow-ups"):
        answered = await service.http.post(f"{url}/{act}", json={}, headers=own | version)
        assert answered.status_code == 403, "the team's to write down"
    assert (await service.http.get(f"/v1/cases/{hands.case_id}", headers=own)).status_code == 403
    listed = await service.http.get("/v1/handovers", headers=stranger)
    assert listed.json()["items"] == []


async def test_a_receiver_names_the_version_of_the_handover_that_it_read(hands: Hands) -> None:
    service, handover = hands.service, await propose(hands)
    url = f"/v1/cases/{hands.case_id}/handovers/{handover}/accept"
    missing = await service.http.post(url, headers=receiver(service))
    stale = await service.http.post(url, headers=receiver(service) | {"If-Match": '"v2"'})
    assert (missing.status_code, stale.status_code) == (428, 412)
    accepted = await service.http.post(url, headers=receiver(service) | {"If-Match": '"v1"'})
    assert (accepted.status_code, accepted.headers["ETag"]) == (200, '"v2"')


async def test_who_is_declined_stays_with_the_team(hands: Hands) -> None:
    await hands.do("cadence", {"days_between": 30, "tapering": True})
    handover = await propose(hands)
    declined = await answer(hands, handover, "decline", {"reason": "no_room"})
    assert (declined.status_code, declined.json()["status"]) == (200, "declined")
    case = await hands.see()
    assert (case["status"], case["cadence"]["tapering"]) == ("support", False)
    assert case["handovers"][0]["ended_reason"] == "no_room"
    last = (await hands.told())[-1].model_dump()
    assert (last["reason"], last["back_to_support"]) == ("no_room", True)
    assert (await answer(hands, handover, "accept")).status_code == 409


async def test_a_handover_that_fails_brings_the_client_back(hands: Hands) -> None:
    handover = await propose(hands)
    await hands.do(f"handovers/{handover}/accept")
    failed = await hands.do(f"handovers/{handover}/fail", {"reason": "client_withdrew"})
    assert (failed["status"], failed["ended_reason"]) == ("failed", "client_withdrew")
    assert (await hands.see())["status"] == "support"
    assert (await hands.types())[-1] == "handover-failed"


async def test_of_several_receivers_the_last_that_leaves_brings_the_client_back(
    hands: Hands,
) -> None:
    first, second = await propose(hands), await propose(hands)
    await hands.do(f"handovers/{first}/fail")
    assert (await hands.see())["status"] == "handover"
    assert (await hands.told())[-1].model_dump()["back_to_support"] is False
    await hands.do(f"handovers/{second}/decline")
    assert (await hands.see())["status"] == "support"


async def test_nobodys_answer_brings_the_client_back_once_whoever_looks(hands: Hands) -> None:
    service, handover = hands.service, await propose(hands)
    assert await bounce_unanswered(service.database) == 0
    await overdue(hands)
    swept = await asyncio.gather(*(bounce_unanswered(service.database) for _ in range(3)))
    assert sorted(swept) == [0, 0, 1]
    case = await hands.see()
    assert (case["status"], case["handovers"][0]["status"]) == ("support", "failed")
    assert (await hands.types()).count("handover-failed") == 1
    last = (await hands.told())[-1].model_dump(mode="json")
    assert (last["handover_id"], last["reason"]) == (handover, "no_answer")
    rows = await service.rows("SELECT actor FROM audit WHERE action = 'handover.expire'")
    assert [row["actor"] for row in rows] == ["nopsa-caseload"]


async def test_an_answer_and_the_clock_at_once_leave_one_of_them(hands: Hands) -> None:
    handover = await propose(hands)
    await overdue(hands)
    accepted, swept = await asyncio.gather(
        hands.act(f"handovers/{handover}/accept"), bounce_unanswered(hands.service.database)
    )
    case = await hands.see()
    if accepted.is_success:
        assert (swept, case["status"]) == (0, "handover")
    else:
        assert (swept, case["status"], accepted.status_code) == (1, "support", 412)
    assert (await hands.folded()).status == case["status"]


async def test_after_30_and_90_days_it_is_asked_how_it_went(hands: Hands) -> None:
    service, handover = hands.service, await propose(hands)
    for act in ("accept", "joint-meeting", "confirm"):
        await hands.do(f"handovers/{handover}/{act}")
    await hands.do("close", {"reason": "handed_over"})
    path, said = f"handovers/{handover}/follow-ups", {"days": 30, "attached": True}
    early = await hands.act(path, said)
    assert (early.status_code, early.json()["code"]) == (409, "conflict")
    assert await due(service) == []
    await service.rows("UPDATE handover_follow_ups SET due_at = due_at - interval '31 days'")
    (item,) = await due(service)
    assert (item["handover"], item["case"]) == (handover, hands.case_id)
    assert [question["days"] for question in item["due"]] == [30]
    told = await hands.act(path, said)
    assert (told.status_code, told.json()["follow_ups"][0]["attached"]) == (201, True)
    again = await hands.act(path, said)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert await due(service) == []
    await service.rows("UPDATE handover_follow_ups SET due_at = due_at - interval '90 days'")
    await hands.do(path, {"days": 90, "attached": False})
    assert (await hands.types())[-2:] == ["handover-followed-up"] * 2
    folded = await hands.folded()
    assert (folded.status, sorted(folded.follow_ups.values())) == ("closed", [False, True])


async def due(service: Service) -> list[dict[str, Any]]:
    """What a team has to ask."""
    answered = await service.http.get("/v1/follow-ups", headers=service.admin())
    return list(answered.json()["items"])


async def test_a_handover_without_confirmation_has_no_follow_up(hands: Hands) -> None:
    handover = await propose(hands)
    answered = await hands.act(f"handovers/{handover}/follow-ups", {"days": 30, "attached": True})
    assert (answered.status_code, answered.json()["code"]) == (409, "conflict")


async def test_follow_ups_of_another_team_are_not_listed(hands: Hands) -> None:
    service, handover = hands.service, await propose(hands)
    for act in ("accept", "joint-meeting", "confirm"):
        await hands.do(f"handovers/{handover}/{act}")
    await service.rows("UPDATE handover_follow_ups SET due_at = due_at - interval '91 days'")
    stranger = await service.http.get("/v1/follow-ups", headers=service.lead(str(uuid4())))
    assert stranger.json()["items"] == []
    own = service.lead((await hands.see())["team"])
    listed = (await service.http.get("/v1/follow-ups", headers=own)).json()["items"]
    assert [len(item["due"]) for item in listed] == [2]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"receiver": {"kind": "clinic"}, "service": "x"}, "/receiver"),
        ({"receiver": {"name": "Soita 040 123 4567"}, "service": "x"}, "/receiver/name"),
        ({"receiver": "Clinic", "service": "Not a code"}, "/service"),
        ({"receiver": "Clinic"}, "/service"),
    ],
)
async def test_a_proposal_that_cannot_be_is_refused(
    hands: Hands, body: dict[str, Any], pointer: str
) -> None:
    answered = await hands.act("handovers", body)
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["pointer"] == pointer
    assert "040 123" not in answered.text


async def test_handovers_begin_when_the_client_was_reached(service: Service) -> None:
    await service.worker(await service.team())
    hands = await take_on(service)
    assert (await hands.act("handovers", PROPOSAL)).json()["code"] == "illegal_transition"
