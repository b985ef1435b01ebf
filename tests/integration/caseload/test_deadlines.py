"""Deadlines that pass are told once, whoever looks; the law's day is set for whom the law names."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.caseload.deadlines.sweeping import measure, raise_overdue
from services.caseload.settings import Settings
from shared.calendar import FINLAND, finnish_day, statutory_deadline
from shared.contracts.referral import ReferralAmended, ReferralCancelled, ReferralReceived
from shared.db import Database
from tests.integration.caseload.acting import Hands, moment
from tests.integration.caseload.conftest import RECEIVED, Service, referral
from tests.integration.caseload.test_referral_changes import change_of, tell

NOW = datetime.now(UTC)
GROUND = "highest_care_allowance"


async def begin(service: Service, data: ReferralReceived) -> Hands:
    """The client is referred; their case in an administrator's hands."""
    case = await service.case_of(await service.take(data))
    return Hands(service, case["id"], case["etag"], service.admin())


@pytest.fixture
async def late(service: Service) -> Hands:
    """A case whose client should have been reached months ago."""
    await service.worker(await service.team())
    return await begin(service, referral())


async def put_ground(hands: Hands, ground: str | None, **headers: str) -> Any:
    """A worker who has read the case says what they learned."""
    sent = hands.headers | {"If-Match": hands.etag} | headers
    url = f"/v1/cases/{hands.case_id}/statutory-ground"
    return await hands.service.http.put(url, json={"ground": ground}, headers=sent)


def codes(notices: list[dict[str, str]]) -> list[str]:
    return [notice["code"] for notice in notices]


async def overdue_by_case(service: Service, kind: str = "contact") -> Counter[str]:
    """How often each case was told to be overdue."""
    events = [e for e in await service.events() if e.type == f"case.{kind}-overdue"]
    return Counter(event.data["aggregate_id"] for event in events)


async def test_two_sweepers_at_once_tell_each_of_fifty_once(service: Service) -> None:
    await service.worker(await service.team(), capacity=50)
    for _ in range(50):
        await service.take(referral())
    other = Database(service.settings)
    raised = await asyncio.gather(raise_overdue(service.database), raise_overdue(other))
    await other.close()
    cases = {str(row["id"]) for row in await service.rows("SELECT id FROM cases")}
    assert sum(raised) == 50
    assert await overdue_by_case(service) == dict.fromkeys(cases, 1)
    assert await raise_overdue(service.database) == 0


@contextmanager
def sweeper_to_be_killed(settings: Settings) -> Iterator[None]:
    """A sweep in a process of its own, which is killed at the end."""
    environment = os.environ | {
        "NOPSA_DATABASE_URL": settings.database_url.get_secret_value(),
        "NOPSA_KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
        "NOPSA_ISSUER": settings.issuer,
        "NOPSA_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
        "NOPSA_INDEX_KEYS": settings.index_keys.get_secret_value(),
    }
    command = [sys.executable, "-m", "tests.support.deadline_process"]
    process = subprocess.Popen(command, env=environment)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def test_a_sweeper_that_is_killed_repeats_nothing_and_forgets_nobody(
    service: Service,
) -> None:
    await service.worker(await service.team(), capacity=50)
    for _ in range(50):
        await service.take(referral())
    with sweeper_to_be_killed(service.settings):
        async with asyncio.timeout(30):
            while not await overdue_by_case(service):
                await asyncio.sleep(0.01)
    before = await overdue_by_case(service)
    await raise_overdue(service.database)
    told = await overdue_by_case(service)
    assert 0 < len(before) <= len(told) == 50
    assert set(told.values()) == {1}


async def test_a_contact_and_the_sweep_at_the_same_time_make_one_story(service: Service) -> None:
    await service.worker(await service.team(), capacity=12)
    cases = [await begin(service, referral()) for _ in range(12)]
    tried = {"channel": "phone", "outcome": "reached", "at": moment()}
    sweeping = [raise_overdue(service.database) for _ in range(2)]
    acting = [hands.act("contact-attempts", tried) for hands in cases]
    answers = (await asyncio.gather(*sweeping, *acting))[2:]
    for hands, answer in zip(cases, answers, strict=True):
        assert answer.status_code in (201, 412)
        if answer.status_code == 412:
            await hands.see()
            assert (await hands.act("contact-attempts", tried)).status_code == 201
        case, folded = await hands.see(), await hands.folded()
        assert folded.version == int(hands.etag.strip('"v'))
        assert (await hands.types())[2:] in (["contacted"], ["contact-overdue", "contacted"])
        assert codes(case["flags"]) == ["contact_overdue"], "late, whichever came first"
        contacted = (await hands.told())[-1].model_dump()
        assert contacted["within_deadline"] is False
    assert await raise_overdue(service.database) == 0


async def test_what_was_overdue_stays_so_when_the_client_is_reached_and_the_case_goes_on(
    late: Hands,
) -> None:
    assert await raise_overdue(late.service.database) == 1
    told = (await late.told())[-1].model_dump(mode="json")
    assert (told["contact_due_at"], told["waiting"]) == ("2026-03-03T08:00:00Z", False)
    case = await late.see()
    assert codes(case["flags"]) == ["contact_overdue"]
    await late.support()
    await late.do("close", {"reason": "goals_attained"})
    assert codes((await late.see())["flags"]) == ["contact_overdue"]
    assert await raise_overdue(late.service.database) == 0
    assert (await late.types()).count("contact-overdue") == 1
    assert (await late.folded()).contact_overdue is True
    audited = await late.service.rows("SELECT actor FROM audit WHERE action = 'case.overdue'")
    assert [row["actor"] for row in audited] == ["nopsa-caseload"]


async def test_who_was_reached_in_time_or_is_no_client_any_more_is_not_overdue(
    service: Service,
) -> None:
    await service.worker(await service.team(contact_policy={"urgent": 160}))
    reached, ended = [await begin(service, referral(received_at=NOW)) for _ in range(2)]
    await reached.reach()
    await service.execute(
        "UPDATE cases SET contact_due_at = now() - interval '1 minute' WHERE id = $1",
        ended.case_id,
    )
    await ended.do("close", {"reason": "not_reached"})
    assert await raise_overdue(service.database, NOW + timedelta(days=90)) == 0
    assert codes((await reached.see())["flags"]) == []


async def test_a_case_given_to_others_keeps_its_clock(late: Hands) -> None:
    service, before = late.service, await late.see()
    other = await service.worker(before["team"])
    await late.do("reassign", {"worker": other, "reason": "other"})
    assert (await late.see())["contact_due_at"] == before["contact_due_at"]
    assert await raise_overdue(service.database) == 1
    third = await service.worker(before["team"])
    await late.see()
    await late.do("reassign", {"worker": third, "reason": "other"})
    assert await raise_overdue(service.database) == 0


async def test_who_waits_is_overdue_too_and_not_once_more_when_the_case_begins(
    service: Service,
) -> None:
    team = await service.team()
    waiting = await service.take(referral(age_group="over_75"))
    assert await raise_overdue(service.database) == 2
    (place,) = await service.line()
    events = (await service.events(waiting.client_ref))[-2:]
    assert [event.type for event in events] == ["case.contact-overdue", "case.assessment-overdue"]
    assert all(event.data["waiting"] for event in events)
    assert {event.data["aggregate_id"] for event in events} == {place["id"]}
    await service.worker(team)
    case = await service.case_of(waiting)
    assert case["id"] == place["id"]
    assert codes(case["flags"]) == ["contact_overdue", "assessment_overdue"]
    assert await raise_overdue(service.database) == 0
    hands = Hands(service, case["id"], case["etag"], service.admin())
    folded = await hands.folded()
    assert (folded.contact_overdue, folded.assessment_due_on) == (True, date(2026, 3, 11))


async def test_whoever_gets_a_place_while_it_is_told_to_be_overdue_is_told_of_once(
    service: Service,
) -> None:
    team = await service.team()
    waiting = [await service.take(referral()) for _ in range(12)]
    sweeping = [raise_overdue(service.database) for _ in range(2)]
    raised = await asyncio.gather(*sweeping, service.worker(team, capacity=12))
    assert sum(raised[:2]) == 12
    for data in waiting:
        case = await service.case_of(data)
        hands = Hands(service, case["id"], case["etag"], service.admin())
        folded = await hands.folded()
        assert (folded.contact_overdue, folded.status) == (True, "assigned")
        assert sorted(await hands.types()) == [
            "assigned",
            "contact-overdue",
            "referral-accepted",
            "waitlisted",
        ]


async def test_who_left_the_line_is_nobodys_deadline(service: Service) -> None:
    await service.team()
    data = await service.take(referral(age_group="over_75"))
    await tell(service, change_of(data, ReferralCancelled, reason="no_longer_needed"))
    assert await raise_overdue(service.database) == 0
    assert await service.rows("SELECT 1 FROM case_clocks") == []


async def test_a_deadline_that_moves_after_it_was_told_is_not_told_again(service: Service) -> None:
    await service.worker(await service.team())
    data = referral(urgency="routine")
    hands = await begin(service, data)
    assert await raise_overdue(service.database) == 1
    await tell(service, change_of(data, ReferralAmended, urgency="urgent"))
    assert await raise_overdue(service.database) == 0
    assert (await hands.types())[-1] == "referral-accepted"
    assert (await hands.folded()).contact_overdue is True


async def test_the_law_sets_a_day_for_a_person_over_75_from_the_day_it_became_pending(
    service: Service,
) -> None:
    await service.worker(await service.team())
    pending = RECEIVED - timedelta(days=3)
    old = await begin(service, referral(age_group="over_75", pending_since=pending))
    case = await old.see()
    expected = str(statutory_deadline(pending, 7))
    assert (case["assessment_due_on"], case["statutory_basis"]) == (expected, "over_75")
    told = [event.model_dump(mode="json") for event in await old.told()]
    assert [event["assessment_due_on"] for event in told] == [expected, expected]
    other = await (await begin(service, referral(age_group="65-75"))).see()
    assert (other["assessment_due_on"], other["statutory_basis"]) == (None, None)


async def test_an_assessment_that_did_not_begin_by_the_day_is_told_once(service: Service) -> None:
    await service.worker(await service.team(contact_policy={"urgent": 160}))
    slow, quick = [
        await begin(service, referral(received_at=NOW, age_group="over_75")) for _ in range(2)
    ]
    await slow.reach()
    await quick.reach()
    await quick.do("assessment", {"action": "start"})
    last_day = date.fromisoformat((await slow.see())["assessment_due_on"])
    evening = datetime.combine(last_day, datetime.max.time(), FINLAND)
    assert await raise_overdue(service.database, evening) == 0
    assert await raise_overdue(service.database, evening + timedelta(seconds=1)) == 1
    assert await raise_overdue(service.database, evening + timedelta(days=1)) == 0
    assert await overdue_by_case(service, "assessment") == {slow.case_id: 1}
    await slow.see()
    await slow.do("assessment", {"action": "start"})
    assert codes((await slow.see())["flags"]) == ["assessment_overdue"]
    assert (await slow.folded()).assessment_overdue is True


async def test_a_worker_who_meets_the_client_says_whether_the_law_sets_a_day(
    service: Service,
) -> None:
    await service.worker(await service.team(contact_policy={"urgent": 160}))
    data = referral(received_at=NOW)
    hands = await begin(service, data)
    await hands.reach()
    expected = str(statutory_deadline(NOW, 7))
    set_ = await put_ground(hands, GROUND)
    assert (set_.status_code, set_.json()["assessment_due_on"]) == (200, expected)
    assert set_.json()["statutory_basis"] == GROUND
    assert (await put_ground(hands, GROUND)).status_code == 412
    hands.etag = set_.headers["ETag"]
    assert str((await hands.folded()).assessment_due_on) == expected
    unset = await put_ground(hands, None)
    assert (unset.json()["assessment_due_on"], unset.json()["statutory_basis"]) == (None, None)
    assert (await hands.folded()).assessment_due_on is None
    again = referral(client_ref=data.client_ref, received_at=NOW, age_group="over_75")
    await service.take(again)
    assert (await hands.see())["assessment_due_on"] is None, "who met the client knows best"
    kept = [event.data for event in await service.events(data.client_ref)]
    assert GROUND not in str(kept), "the date is told, and not why"


async def test_a_ground_is_recorded_like_any_change_of_a_case(late: Hands) -> None:
    service = late.service
    url = f"/v1/cases/{late.case_id}/statutory-ground"
    body = {"ground": "over_75"}
    bare = await service.http.put(url, json=body, headers=late.headers)
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition_required")
    for wrong in ({"ground": "urgent_need"}, {"ground": "tired"}, {}, body | {"why": "says so"}):
        headers = late.headers | {"If-Match": late.etag}
        assert (await service.http.put(url, json=wrong, headers=headers)).status_code == 422
    stranger = service.lead("01980000-0000-7000-8000-000000000999")
    assert (await put_ground(late, "over_75", **stranger)).status_code == 404
    reader = service.mint.headers("cases:read", client_id="reader")
    assert (await put_ground(late, "over_75", **reader)).status_code == 403
    await late.do("close", {"reason": "other"})
    closed = await put_ground(late, "over_75")
    assert (closed.status_code, closed.json()["code"]) == (409, "illegal_transition")


async def test_an_urgent_need_is_assessed_on_the_day_it_is_called_urgent(service: Service) -> None:
    await service.worker(await service.team())
    data = referral(age_group="over_75")
    hands = await begin(service, data)
    await tell(service, change_of(data, ReferralAmended, urgency="immediate"))
    case = await hands.see()
    assert (case["assessment_due_on"], case["statutory_basis"]) == ("2026-03-02", "urgent_need")
    assert (await put_ground(hands, None)).json()["statutory_basis"] == "urgent_need"
    assert (await hands.folded()).assessment_due_on == date(2026, 3, 2)


async def test_who_comes_back_is_still_who_the_law_names(service: Service) -> None:
    await service.worker(await service.team(contact_policy={"urgent": 160}))
    hands = await begin(service, referral(received_at=NOW))
    await hands.reach()
    hands.etag = (await put_ground(hands, GROUND)).headers["ETag"]
    await hands.do("close", {"reason": "goals_attained"})
    back = await hands.do("return")
    new = Hands(service, back["id"], "", hands.headers)
    case = await new.see()
    assert case["statutory_basis"] == GROUND
    assert case["assessment_due_on"] == str(statutory_deadline(datetime.now(UTC), 7))


async def test_operators_see_how_many_are_overdue_and_were_told(service: Service) -> None:
    def value(name: str) -> float:
        return REGISTRY.get_sample_value(name, {"kind": "contact"}) or 0.0

    await service.worker(await service.team(), capacity=1)
    seated = await begin(service, referral())
    await service.take(referral())
    before = value("nopsa_deadlines_raised_total")
    assert await raise_overdue(service.database) == 2
    await measure(service.database)
    assert value("nopsa_deadlines_raised_total") == before + 2
    assert value("nopsa_deadlines_overdue") == 2
    await seated.see()
    await seated.reach()
    await measure(service.database)
    assert value("nopsa_deadlines_overdue") == 1


async def test_cases_are_listed_by_how_soon_something_is_due(service: Service) -> None:
    team = await service.team(contact_policy={"urgent": 500})
    await service.worker(team, capacity=20)
    now = datetime.now(UTC)
    due = {
        "long ago": now - timedelta(days=3),
        "an hour ago": now - timedelta(hours=1),
        "soon": now + timedelta(seconds=30),
        "in five days": now + timedelta(days=5),
        "in nine days": now + timedelta(days=9),
    }
    ids = {}
    for name, when in due.items():
        ids[name] = (await begin(service, referral(received_at=NOW))).case_id
        await service.execute("UPDATE cases SET contact_due_at = $1 WHERE id = $2", when, ids[name])
    assessed = await begin(service, referral(received_at=NOW, age_group="over_75"))
    ids["assessment today"] = assessed.case_id
    await service.execute(
        "UPDATE case_clocks SET assessment_due_on = $1 WHERE case_id = $2",
        finnish_day(now),
        assessed.case_id,
    )

    async def listed(**query: str) -> list[str]:
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            params = query | {"limit": "1"} | more
            answer = await service.http.get("/v1/cases", params=params, headers=service.lead(team))
            found += [case["id"] for case in answer.json()["items"]]
            cursor = answer.json()["next"]
        assert len(found) == len(set(found))
        return found

    assert set(await listed(due="overdue")) == {ids["long ago"], ids["an hour ago"]}
    soon = {ids["soon"], ids["assessment today"]}
    assert set(await listed(due="today")) in (soon, soon - {ids["soon"]}), "but at midnight"
    assert set(await listed(due="week")) == soon | {ids["in five days"]}
    assert (await listed(due="overdue", status="closed")) == []
    await assessed.see()
    await assessed.support()
    assert ids["assessment today"] not in await listed(due="week")
    wrong = await service.http.get("/v1/cases?due=someday", headers=service.admin())
    assert wrong.status_code == 422
