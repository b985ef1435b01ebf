"""A case's life over HTTP: assessment, goals, motivation, visits, cadence, housing, segment."""

from typing import Any

import pytest

from tests.integration.caseload.acting import Hands, moment, take_on
from tests.integration.caseload.conftest import Service, referral

NO_ANSWER = {"channel": "phone", "outcome": "no_answer"}
WORDS = "Soitan vuokranantajalle maanantaina"


@pytest.fixture
async def hands(service: Service) -> Hands:
    """A case that was just assigned to a social worker of a team that has time."""
    await service.worker(await service.team(contact_policy={"urgent": 160}))
    return await take_on(service)


def codes(notices: list[dict[str, str]]) -> list[str]:
    assert all(notice["text"] for notice in notices)
    return [notice["code"] for notice in notices]


async def test_failed_attempts_escalate_until_the_client_is_reached(hands: Hands) -> None:
    for expected in ([], [], ["contact_escalated"]):
        tried = await hands.do("contact-attempts", NO_ANSWER | {"at": moment()})
        assert codes(tried["flags"]) == expected
    *_, second, third = await hands.told()
    assert (second.model_dump()["escalated"], third.model_dump()["escalated"]) == (False, True)
    await hands.reach()
    assert (await hands.see())["flags"] == []


async def test_an_assessment_begins_jointly_and_leads_to_support(hands: Hands) -> None:
    early = await hands.act("assessment", {"action": "start"})
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    assert "assigned" in early.json()["detail"]
    await hands.reach()
    started = await hands.do("assessment", {"action": "start", "joint_with": "health"})
    assert started["status"] == "assessment"
    assert started["assessment"]["joint_with"] == "health"
    assert started["assessment"]["completed_at"] is None
    done = await hands.do("assessment", {"action": "complete"})
    assert (done["status"], done["assessment"]["joint_with"]) == ("support", "health")
    assert (await hands.types())[-2:] == ["assessment-started", "assessment-completed"]
    assert (await hands.told())[-1].model_dump()["joint_with"] == "health"


async def test_an_assessment_does_not_end_before_it_began(hands: Hands) -> None:
    await hands.reach()
    await hands.do("assessment", {"action": "start"})
    answer = await hands.act("assessment", {"action": "complete", "at": moment(hours=1)})
    assert answer.json()["errors"][0]["code"] == "before_the_start"


async def test_goals_are_few_and_follow_one_another(hands: Hands) -> None:
    await hands.reach()
    first, second, _ = [await hands.do("goals", {"area": "housing"}) for _ in range(3)]
    full = await hands.act("goals", {"area": "money"})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_open_goals")
    attained = await hands.do(f"goals/{first['id']}/attain")
    assert (attained["status"], attained["ended_at"] is not None) == ("attained", True)
    assert (await hands.do(f"goals/{second['id']}/drop"))["status"] == "dropped"
    again = await hands.act(f"goals/{first['id']}/drop")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    await hands.do("goals", {"area": "money"})
    assert [goal["status"] for goal in (await hands.see())["goals"]] == [
        "attained",
        "dropped",
        "open",
        "open",
    ]
    assert (await hands.types())[-3:] == ["goal-attained", "goal-dropped", "goal-set"]


async def test_what_a_goal_says_is_shown_to_the_team_and_lies_nowhere_in_the_clear(
    hands: Hands,
) -> None:
    await hands.reach()
    answer = await hands.act("goals", {"area": "housing", "text": WORDS}, Idempotency_Key="goal-1")
    assert WORDS not in answer.text
    assert [goal["text"] for goal in (await hands.see())["goals"]] == [WORDS]
    tables = await hands.service.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    for table in tables:
        rows = await hands.service.rows(f'SELECT t::text AS line FROM "{table[0]}" t')
        assert not any(WORDS in row["line"] for row in rows)


async def test_a_goal_is_of_its_case_alone(hands: Hands) -> None:
    await hands.reach()
    goal = await hands.do("goals", {"area": "housing"})
    other = await take_on(hands.service)
    await other.reach()
    assert (await other.act(f"goals/{goal['id']}/attain")).status_code == 404


async def test_fewer_motivation_points_are_a_question_and_no_verdict(hands: Hands) -> None:
    await hands.reach()
    first = (await hands.do("motivation", {"value": 8}))["motivation"]
    assert (first["value"], first["before"], first["notes"]) == (8, None, [])
    fewer = (await hands.do("motivation", {"value": 5}))["motivation"]
    assert (fewer["value"], fewer["before"]) == (5, 8)
    assert codes(fewer["notes"]) == ["fewer_points_may_be_good"]
    assert (await hands.see())["flags"] == []
    assert [point["value"] for point in (await hands.see())["motivation_points"]] == [8, 5]
    assert (await hands.told())[-1].model_dump()["previous"] == 8


@pytest.mark.parametrize("value", [0, 11, "7", 5.5, None])
async def test_motivation_is_a_whole_number_from_one_to_ten(hands: Hands, value: Any) -> None:
    await hands.reach()
    answer = await hands.act("motivation", {"value": value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/value"


async def test_a_visit_is_booked_and_kept(hands: Hands) -> None:
    await hands.reach()
    booked = await hands.do("visits", {"at": moment(days=-2), "location": "home"})
    case = await hands.see()
    assert (booked["status"], booked["with"]) == ("booked", case["workers"])
    kept = await hands.do(f"visits/{booked['id']}/keep")
    assert kept["status"] == "kept"
    assert kept["held_at"] < kept["at"], "brought forward: it was held now"
    *_, told_booked, told_kept = await hands.told()
    assert told_booked.model_dump()["professions"] == ("social_worker",)
    assert told_kept.model_dump()["location"] == "home"
    late = await hands.act(f"visits/{booked['id']}/cancel", {"by": "client", "reason": "illness"})
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")


async def test_a_visit_that_was_not_booked_is_written_down_afterwards(hands: Hands) -> None:
    await hands.reach()
    at = moment(hours=3)
    visit = await hands.do("visits", {"at": at, "location": "outside"})
    kept = await hands.do(f"visits/{visit['id']}/keep", {})
    assert kept["held_at"] == kept["at"]


async def test_the_first_visit_kept_is_the_first_contact(hands: Hands) -> None:
    visit = await hands.do("visits", {"at": moment(minutes=5), "location": "outside"})
    await hands.do(f"visits/{visit['id']}/keep")
    case = await hands.see()
    assert (case["status"], case["attempts"]) == ("contacted", 1)
    assert case["contacted_at"] == (await hands.see())["visits"]["items"][0]["held_at"]
    assert (await hands.types())[-2:] == ["contacted", "visit-kept"]
    assert (await hands.told())[-2].model_dump()["channel"] == "visit"


async def test_a_visit_is_cancelled_by_the_client_or_by_the_team(hands: Hands) -> None:
    await hands.reach()
    for by, reason in (("client", "no_show"), ("team", "worker_absent")):
        visit = await hands.do("visits", {"at": moment(hours=1), "location": "office"})
        told = await hands.do(f"visits/{visit['id']}/cancel", {"by": by, "reason": reason})
        assert (told["status"], told["cancelled_by"], told["cancel_reason"]) == (
            "cancelled",
            by,
            reason,
        )
    last = (await hands.told())[-1].model_dump()
    assert (last["cancelled_by"], last["reason"]) == ("team", "worker_absent")


@pytest.mark.parametrize(
    ("at", "code"),
    [(moment(days=3), "before_the_case"), (moment(days=-400), "too_far_ahead")],
    ids=["too early", "too late"],
)
async def test_a_visit_is_within_the_case_and_the_year(hands: Hands, at: str, code: str) -> None:
    answer = await hands.act("visits", {"at": at, "location": "home"})
    assert answer.json()["errors"] == [
        {"pointer": "/at", "code": code, "detail": "a visit cannot be at this moment"}
    ]


async def test_a_visit_is_with_workers_who_are_there(hands: Hands) -> None:
    unknown = "01980000-0000-7000-8000-0000000009ff"
    answer = await hands.act("visits", {"at": moment(), "location": "home", "with": [unknown]})
    assert answer.json()["errors"][0]["pointer"] == "/with"
    assert answer.json()["errors"][0]["code"] == "worker_unknown"


async def test_a_fourth_meeting_with_the_nurse_is_warned_of_and_not_refused(
    service: Service,
) -> None:
    team = await service.team(contact_policy={"urgent": 160})
    worker = await service.worker(team)
    nurse = await service.worker(team, profession="psychiatric_nurse", employer_sector="health")
    hands = await take_on(service, reasons=["homelessness", "substance_use"])
    await hands.reach()
    visits = []
    for expected in ([], [], [], ["nurse_meetings_exceeded"]):
        body = {"at": moment(), "location": "home", "with": [nurse]}
        visits.append(await hands.do("visits", body))
        assert codes(visits[-1]["warnings"]) == expected
        kept = await hands.do(f"visits/{visits[-1]['id']}/keep")
        assert codes(kept["warnings"]) == expected
    assert codes((await hands.see())["flags"]) == ["nurse_meetings_exceeded"]
    alone = await hands.do("visits", {"at": moment(), "location": "home", "with": [worker]})
    assert alone["warnings"] == [], "meetings without the nurse are as many as it takes"
    assert (await hands.told())[-1].model_dump()["over_nurse_limit"] is True


async def test_a_cancelled_meeting_with_the_nurse_does_not_count(service: Service) -> None:
    team = await service.team(contact_policy={"urgent": 160})
    nurse = await service.worker(team, profession="psychiatric_nurse", employer_sector="health")
    hands = await take_on(service, reasons=["mental_health"])
    body = {"at": moment(days=-1), "location": "remote", "with": [nurse]}
    for _ in range(4):
        last = await hands.do("visits", body)
    assert codes((await hands.see())["flags"]) == ["nurse_meetings_exceeded"]
    await hands.do(f"visits/{last['id']}/cancel")
    assert (await hands.see())["flags"] == []


async def test_visits_are_listed_page_by_page_and_with_the_case(hands: Hands) -> None:
    booked = [
        (await hands.do("visits", {"at": moment(days=-n), "location": "home"}))["id"]
        for n in range(3)
    ]
    case = await hands.see()
    assert [visit["id"] for visit in case["visits"]["items"]] == booked[::-1]
    assert case["visits"]["next"] is None
    path = f"/v1/cases/{hands.case_id}/visits"
    page = (await hands.service.http.get(path, params={"limit": 2}, headers=hands.headers)).json()
    assert [visit["id"] for visit in page["items"]] == booked[:0:-1]
    query = {"limit": "2", "cursor": page["next"]}
    rest = (await hands.service.http.get(path, params=query, headers=hands.headers)).json()
    assert [visit["id"] for visit in rest["items"]] == booked[:1]


async def test_support_tapers_and_can_come_back_to_full(hands: Hands) -> None:
    await hands.support()
    weekly = await hands.do("cadence", {"days_between": 7})
    assert (weekly["status"], weekly["cadence"]) == (
        "support",
        {"days_between": 7, "tapering": False},
    )
    rarer = await hands.do("cadence", {"days_between": 21, "tapering": True})
    assert (rarer["status"], rarer["cadence"]["tapering"]) == ("tapering", True)
    assert (await hands.do("cadence", {"days_between": 7}))["status"] == "support"
    last = (await hands.told())[-1].model_dump()
    assert (last["days_between"], last["tapering"], last["status"]) == (7, False, "support")


async def test_a_client_assessed_elsewhere_is_in_support_by_agreeing_on_a_cadence(
    hands: Hands,
) -> None:
    await hands.reach()
    assert (await hands.do("cadence", {"days_between": 7}))["status"] == "support"


async def test_a_tapering_case_makes_room_for_who_waits(service: Service) -> None:
    team = await service.team(contact_policy={"urgent": 160})
    await service.worker(team, capacity=3)
    tapering = [await take_on(service) for _ in range(3)]
    await service.take(referral())
    assert len(await service.line()) == 1
    for hands in tapering[:2]:
        await hands.support()
        await hands.do("cadence", {"days_between": 30, "tapering": True})
    assert await service.line() == []


async def test_housing_changes_are_told_from_what_to_what(hands: Hands) -> None:
    first = await hands.do("housing", {"status": "outdoors"})
    assert first["housing"] == {"status": "outdoors", "since": None}
    housed = await hands.do("housing", {"status": "housed", "since": "2026-01-15"})
    assert housed["housing"] == {"status": "housed", "since": "2026-01-15"}
    last = (await hands.told())[-1].model_dump(mode="json")
    assert (last["from_status"], last["to_status"], last["since"]) == (
        "outdoors",
        "housed",
        "2026-01-15",
    )
    ahead = await hands.act("housing", {"status": "housed", "since": moment(days=-2)[:10]})
    assert ahead.json()["errors"][0]["code"] == "in_the_future"


async def test_a_segment_is_of_the_countys_own_codes(hands: Hands) -> None:
    segment = {"support_need": "intensive", "complexity": "complex"}
    assert (await hands.do("segment", segment))["segment"] == segment
    unknown = await hands.act("segment", segment | {"complexity": "baroque"})
    assert unknown.json()["errors"][0]["code"] == "code_unknown"
    assert "several_needs" in unknown.json()["errors"][0]["detail"]
    assert (await hands.told())[-1].model_dump()["support_need"] == "intensive"


async def test_what_was_still_to_come_ends_with_the_case(hands: Hands) -> None:
    await hands.support()
    visit = await hands.do("visits", {"at": moment(days=-7), "location": "home"})
    proposed = await hands.do("handovers", {"receiver": "Housing", "service": "supported"})
    await hands.do("close", {"reason": "moved_away"})
    case = await hands.see()
    assert case["visits"]["items"][0]["cancel_reason"] == "case_closed"
    assert case["handovers"][0]["ended_reason"] == "case_closed"
    assert (case["visits"]["items"][0]["id"], case["handovers"][0]["id"]) == (
        visit["id"],
        proposed["id"],
    )
    assert (await hands.types())[-3:] == ["visit-cancelled", "handover-failed", "closed"]
    assert (await hands.told())[-2].model_dump()["back_to_support"] is False


ACTS: list[tuple[str, Any]] = [
    ("assessment", {"action": "start"}),
    ("goals", {"area": "housing"}),
    ("motivation", {"value": 5}),
    ("visits", {"at": "2026-12-01T10:00:00Z", "location": "home"}),
    ("cadence", {"days_between": 7}),
    ("housing", {"status": "housed"}),
    ("segment", {"support_need": "light", "complexity": "complex"}),
    ("handovers", {"receiver": "Housing", "service": "supported"}),
    ("return", {}),
]


async def test_every_act_needs_scope_sight_and_the_version_that_was_read(hands: Hands) -> None:
    service, now = hands.service, {"If-Match": hands.etag}
    stranger = service.lead("01980000-0000-7000-8000-000000000299")
    for path, body in ACTS:
        url = f"/v1/cases/{hands.case_id}/{path}"
        for headers, status in (
            (service.mint.headers("cases:read") | now, 403),
            (stranger | now, 404),
            (service.admin(), 428),
            (service.admin() | {"If-Match": '"v1"'}, 412),
        ):
            answer = await service.http.post(url, json=body, headers=headers)
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
        extra = await hands.act(path, body | {"nonsense": 1})
        assert (extra.status_code, extra.json()["errors"][0]["pointer"]) == (422, "/nonsense")


async def test_the_same_act_again_is_answered_again_and_done_once(hands: Hands) -> None:
    await hands.reach()
    for path, body in ACTS[:-1]:
        before, told = hands.etag, len(await hands.told())
        first = await hands.act(path, body, Idempotency_Key=path)
        assert first.is_success, first.text
        now, hands.etag = hands.etag, before
        again = await hands.act(path, body, Idempotency_Key=path)
        assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
        assert (hands.etag, len(await hands.told())) == (now, told + 1)


async def test_the_events_of_a_life_fold_into_the_case(hands: Hands) -> None:
    await hands.support()
    await hands.do("goals", {"area": "housing"})
    await hands.do("motivation", {"value": 4})
    await hands.do("housing", {"status": "hostel"})
    visit = await hands.do("visits", {"at": moment(), "location": "home"})
    await hands.do(f"visits/{visit['id']}/keep")
    await hands.do("cadence", {"days_between": 30, "tapering": True})
    case, folded = await hands.see(), await hands.folded()
    assert hands.etag == f'"v{folded.version}"'
    assert (folded.status, folded.motivation) == (case["status"], [4])
    assert folded.cadence == (30, True)


async def test_every_act_is_in_the_audit_log(hands: Hands) -> None:
    await hands.support()
    await hands.do("motivation", {"value": 4})
    rows = await hands.service.rows("SELECT action FROM audit WHERE subject_id = $1", hands.case_id)
    actions = {row["action"] for row in rows}
    assert actions >= {"case.contact_attempt", "assessment.start", "motivation.record"}
