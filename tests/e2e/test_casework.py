"""A team's whole work over HTTP, and what an outside consumer of the topics learns of it."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from deploy.demo.calling import Callers
from deploy.demo.referrals import referrals
from deploy.demo.story import Story
from services.caseload.cases.folding import fold
from shared.contracts import event_class
from shared.contracts.caseload import CaseEvent
from shared.messages import headers_of
from shared.settings import KafkaSettings
from tests.e2e.test_pipeline import case_of, wait_for_status
from tests.support.bodies import referral_body
from tests.support.house import House, eventually
from tests.support.topics import read_all

pytestmark = pytest.mark.kafka_too

CASES, TEAMS, GAPS = "nopsa.case.v1", "nopsa.team.v1", "nopsa.gap.v1"
CONSULTATIONS = "nopsa.consultation.v1"
WORDS = "Jono on neljä kuukautta."
KANTA_HAME, FORSSA, HAMEENLINNA = "07", "061", "109"


def kind_of(record: ConsumerRecord) -> str:
    """The event's type without the house's prefix and version: `case.assigned`."""
    return headers_of(record)["ce_type"].removeprefix("nopsa.").removesuffix(".v1")


async def told(topics: KafkaSettings, topic: str, about: str, *, last: str) -> list[ConsumerRecord]:
    """The events whose data name an id, in their order, up to one of this type."""

    def ours(records: list[ConsumerRecord]) -> list[ConsumerRecord]:
        return [record for record in records if about in record.value.decode()]

    def enough(records: list[ConsumerRecord]) -> bool:
        return any(kind_of(record) == last for record in ours(records))

    return ours(await read_all(topics, [topic], enough=enough))


async def test_a_paused_source_is_redirected_at_once_and_its_sender_is_told(
    house: House, topics: KafkaSettings
) -> None:
    team = await house.new_team(county=KANTA_HAME, municipality=FORSSA)
    other = await house.new_team(county=KANTA_HAME, municipality=FORSSA)
    pause = {"state": "paused", "reason": "working_with_one_ward", "redirect_to": other}
    await house.put("admin", "caseload", f"/v1/teams/{team}/intake/prison", pause)
    body = referral_body(client={"municipality": FORSSA}, team=team)
    referral_id = await house.refer("prison", body)
    case = await case_of(house, referral_id)
    assert case["team"] == other
    await wait_for_status(house, "prison", referral_id, "accepted")
    seen = await house.get("prison", "referral", f"/v1/referrals/{referral_id}")
    assert seen.json()["team"] == other
    records = await told(topics, TEAMS, team, last="team.intake-paused")
    (paused,) = (r for r in records if kind_of(r) == "team.intake-paused")
    assert json.loads(paused.value)["partner_kind"] == "prison"
    redirected = await told(topics, CASES, referral_id, last="case.redirected")
    assert "case.redirected" in [kind_of(record) for record in redirected]


async def test_who_waits_is_taken_in_as_soon_as_there_is_room(
    house: House, topics: KafkaSettings
) -> None:
    team = await house.new_team(county=KANTA_HAME, municipality=HAMEENLINNA, capacity_points=1)
    body = referral_body(client={"municipality": HAMEENLINNA})
    first = await case_of(house, await house.refer("prison", body))
    second = await house.refer("ward", body | {"client": body["client"] | {"given_name": "Toinen"}})

    async def waits() -> dict[str, Any] | None:
        line = await house.get("admin", "caseload", "/v1/waitlist", team=team)
        found: list[dict[str, Any]] = line.json()["items"]
        return found[0] if found else None

    place = await eventually(waits)
    await house.give_room(first["workers"][0], capacity_points=3)
    case = await case_of(house, second)
    assert (case["id"], case["workers"]) == (place["id"], first["workers"])
    kinds = [kind_of(r) for r in await told(topics, CASES, case["id"], last="case.assigned")]
    assert kinds.index("case.waitlisted") < kinds.index("case.assigned")


async def test_a_whole_story_can_be_told_again_from_its_events(
    house: House, topics: KafkaSettings
) -> None:
    referral = referrals(date.today())["prison"]
    referral["client"]["identity_code"] = None
    case = await case_of(house, await house.refer("prison", referral))
    story = Story(Callers(house.stack), case["id"])
    chapters = await asyncio.to_thread(story.live)
    assert [chapter.status for chapter in chapters] == [
        "contacting",
        "contacted",
        "support",
        "support",
        "support",
        "tapering",
        "handover",
        "handover",
        "closed",
        "assigned",
    ]
    events = [
        parsed(record)
        for record in await told(topics, CASES, case["id"], last="case.returned")
        if headers_of(record)["ce_subject"] == case["id"]
    ]
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    ended = await house.get("lead", "caseload", f"/v1/cases/{case['id']}")
    retold = fold(events)
    for name in ("status", "closing_reason", "attempts"):
        assert getattr(retold, name) == ended.json()[name], name
    back = await house.get("lead", "caseload", f"/v1/cases/{story.case_id}")
    assert back.json()["client_ref"] == case["client_ref"]
    assert set(back.json()["workers"]) <= set(case["workers"])


def parsed(record: ConsumerRecord) -> CaseEvent:
    """An event as any consumer would read it."""
    cls = event_class(headers_of(record)["ce_type"])
    assert cls is not None
    assert issubclass(cls, CaseEvent)
    return cls.model_validate_json(record.value)


@pytest.mark.parametrize("noted", ["consultation", "group", "gap", "placement"])
async def test_what_a_team_notes_beside_its_cases_is_told_without_its_words(
    house: House, topics: KafkaSettings, noted: str
) -> None:
    case = await case_of(house, await house.refer("ward", referral_body()))
    path, body, topic, kind = note(noted, case)
    made = await house.post("lead", "caseload", path, body)
    assert made.status_code == 201, made.text
    (record,) = await told(topics, topic, made.json()["id"], last=kind)
    assert WORDS not in record.value.decode()
    key = record.key.decode()
    assert key == (case["client_ref"] if noted == "placement" else made.json()["id"])


def note(noted: str, case: dict[str, Any]) -> tuple[str, dict[str, Any], str, str]:
    """Where a team writes something down, what, and on which topic as what it is told."""
    if noted == "consultation":
        body = {"asked_by_kind": "ngo", "topics": ["debt"], "text": WORDS, "minutes": 15}
        body |= {"team": case["team"], "on": "2026-03-02"}
        return "/v1/consultations", body, CONSULTATIONS, "consultation.held"
    if noted == "group":
        body = {"team": case["team"], "on": "2026-03-02", "theme": "daily_living"}
        body |= {"attendance": 7, "clients": [case["id"]]}
        return "/v1/group-sessions", body, CONSULTATIONS, "consultation.group-session-held"
    if noted == "gap":
        body = {"type": "bottleneck", "service": "supported_housing", "municipality": "398"}
        body |= {"step": "start_of_service", "description": WORDS, "case": case["id"]}
        return "/v1/service-gaps", body, GAPS, "gap.reported"
    body = {"service_type": "supported", "production": "purchased", "channel": "on_site"}
    body |= {"case": case["id"], "from": "2026-03-01"}
    return "/v1/placements", body, CASES, "case.placed"


async def test_one_plan_of_several_organisations_is_told_by_roles_alone(
    house: House, topics: KafkaSettings
) -> None:
    case = await case_of(house, await house.refer("ward", referral_body()))
    organisations = [case["team"], house.stack.clients["ward"]["org"]]
    coordinator, participant = (
        {"organisation": organisation, "role": role, "worker": None}
        for organisation, role in zip(organisations, ("social_work", "nursing"), strict=True)
    )
    plan = {"coordinator": coordinator, "participants": [participant], "plan": WORDS}
    review = (date.today() + timedelta(days=30)).isoformat()
    path = f"/v1/cases/{case['id']}/service-path"
    await house.put("lead", "caseload", path, plan | {"next_review": review})
    record = (await told(topics, CASES, case["id"], last="case.service-path-changed"))[-1]
    assert json.loads(record.value)["roles"] == ["nursing", "social_work"]
    assert WORDS not in record.value.decode()


async def test_a_team_sees_its_capacity_as_flow(house: House) -> None:
    team = await house.new_team(county=KANTA_HAME, municipality=FORSSA)
    path = f"/v1/teams/{team}/capacity"
    found = (await house.get("admin", "caseload", path, what_if="worker:+1")).json()
    assert found["meetings"]["kept_per_worker_week"] == 15.3
    assert found["room_for_new_cases"] == 18
    assert found["what_if"][0]["room_for_new_cases"] == 36
