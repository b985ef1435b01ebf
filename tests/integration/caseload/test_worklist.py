"""The list with which a worker begins the day, over HTTP."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.caseload import days
from shared.calendar import FINLAND
from tests.integration.caseload.acting import Hands, moment
from tests.integration.caseload.conftest import Service, referral
from tests.integration.caseload.test_handovers import PROPOSAL
from tests.support.statements import statements

NOTHING = dict.fromkeys(
    ["overdue", "due_today", "visits_today", "handovers", "questions", "quiet"], 0
)


@dataclass
class Desk:
    """A worker at their desk."""

    service: Service
    team: str
    worker: str

    def headers(self, **claims: Any) -> dict[str, str]:
        """Of the worker, or of somebody else of the team."""
        said = {"client_id": "worker", "org": self.team, "worker": self.worker} | claims
        return self.service.mint.headers("cases:read cases:write", **said)

    async def get(self, query: str = "", **headers: str) -> httpx.Response:
        """The list, as answered."""
        sent = self.headers() | headers
        return await self.service.http.get(f"/v1/worklist{query}", headers=sent)

    async def look(self) -> list[tuple[str, str, str]]:
        """What waits: section, what, case."""
        answer = await self.get()
        assert answer.status_code == 200, answer.text
        return [(item["section"], item["what"], item["case"]) for item in answer.json()["items"]]

    async def take_on(self, *, in_support: bool = True, **changes: Any) -> Hands:
        """A new case, with time to reach the client; in support if asked for."""
        data = await self.service.take(referral(received_at=datetime.now(UTC), **changes))
        case = await self.service.case_of(data)
        hands = Hands(self.service, case["id"], case["etag"], self.headers())
        await self.due_in(hands, days=9)
        if in_support:
            await hands.support()
        return hands

    async def due_in(self, hands: Hands, **ahead: float) -> None:
        """Lets the contact be due so far ahead; ago with negative numbers."""
        when = datetime.now(UTC) + timedelta(**ahead)
        statement = "UPDATE cases SET contact_due_at = $1 WHERE id = $2"
        await self.service.execute(statement, when, hands.case_id)


@pytest.fixture
async def desk(service: Service) -> Desk:
    """A team of one."""
    team = await service.team(contact_policy={"urgent": 160})
    return Desk(service, team, await service.worker(team, capacity=40))


def last_of_today() -> datetime:
    """The last second of the day in Finland."""
    return datetime.combine(days.today(), datetime.max.time(), FINLAND).replace(microsecond=0)


async def test_an_empty_day_is_an_empty_list(desk: Desk) -> None:
    await desk.take_on()
    body = (await desk.get()).json()
    assert (body["items"], body["counts"], body["worker"]) == ([], NOTHING, desk.worker)


async def test_a_day_begins_with_what_is_late_and_goes_on_with_what_is_due(desk: Desk) -> None:
    service = desk.service
    late, later, today = [await desk.take_on(in_support=False) for _ in range(3)]
    await desk.due_in(late, hours=-30)
    await desk.due_in(later, hours=-90)
    await service.execute(
        "UPDATE cases SET contact_due_at = $1 WHERE id = $2", last_of_today(), today.case_id
    )
    visited, handed, quiet, planned = [await desk.take_on() for _ in range(4)]
    visit = await visited.do("visits", {"at": moment(), "location": "home"})
    handover = await handed.do("handovers", PROPOSAL)
    await service.execute(
        "UPDATE cases SET contacted_at = now() - interval '15 days' WHERE id = $1", quiet.case_id
    )
    await service.execute(
        "UPDATE contact_attempts SET at = now() - interval '15 days' WHERE case_id = $1",
        quiet.case_id,
    )
    await review_today(desk, planned)
    ended = await desk.take_on()
    await ended.do("close", {"reason": "goals_attained"})
    back = await ended.do("return")
    await desk.due_in(Hands(service, back["id"], "", {}), days=9)
    found = await desk.look()
    assert found[:2] == [
        ("overdue", "contact", later.case_id),
        ("overdue", "contact", late.case_id),
    ]
    assert set(found[2:4]) == {
        ("due_today", "contact", today.case_id),
        ("due_today", "path_review", planned.case_id),
    }
    assert found[4:] == [
        ("visits_today", "visit", visited.case_id),
        ("handovers", "handover_answer", handed.case_id),
        ("questions", "consent_question", back["id"]),
        ("quiet", "quiet_client", quiet.case_id),
    ]
    body = (await desk.get()).json()
    counts = {"overdue": 2, "due_today": 2, "visits_today": 1, "handovers": 1}
    assert body["counts"] == counts | {"questions": 1, "quiet": 1}
    abouts = {item["what"]: item["about"] for item in body["items"]}
    assert (abouts["visit"], abouts["handover_answer"]) == (visit["id"], handover["id"])
    assert abouts["contact"] is None


async def review_today(desk: Desk, hands: Hands) -> None:
    """The client's shared plan is to be reviewed today."""
    somebody = {"organisation": desk.team, "role": "social_work", "worker": desk.worker}
    other = {"organisation": str(uuid4()), "role": "nursing", "worker": None}
    body = {
        "coordinator": somebody,
        "participants": [other],
        "plan": "Yhdessä.",
        "next_review": str(days.today()),
    }
    answer = await desk.service.http.put(
        f"/v1/cases/{hands.case_id}/service-path", json=body, headers=hands.headers
    )
    assert answer.status_code == 201, answer.text


async def test_the_laws_day_is_on_the_list_until_the_assessment_begins(desk: Desk) -> None:
    case = await desk.take_on(in_support=False, age_group="over_75")
    await case.reach()
    assert await desk.look() == []
    for day, section in ((days.today(), "due_today"), (date(2026, 1, 5), "overdue")):
        await desk.service.execute("UPDATE case_clocks SET assessment_due_on = $1", day)
        assert await desk.look() == [(section, "assessment", case.case_id)]
    assert (await desk.get()).json()["items"][0]["due_on"] == "2026-01-05"
    await case.see()
    await case.do("assessment", {"action": "start"})
    assert await desk.look() == []


async def test_a_handover_is_on_the_list_until_it_is_confirmed_and_asked_about(desk: Desk) -> None:
    case = await desk.take_on()
    handover = (await case.do("handovers", PROPOSAL))["id"]
    for act, waits_for in (
        ("accept", "joint_meeting"),
        ("joint-meeting", "handover_confirmation"),
    ):
        await case.do(f"handovers/{handover}/{act}")
        assert await desk.look() == [("handovers", waits_for, case.case_id)]
    await case.do(f"handovers/{handover}/confirm")
    await case.do("close", {"reason": "handed_over"})
    assert await desk.look() == []
    await desk.service.execute(
        "UPDATE handover_follow_ups SET due_at = now() - interval '2 days' WHERE days = 30"
    )
    assert await desk.look() == [("overdue", "follow_up", case.case_id)]
    await case.do(f"handovers/{handover}/follow-ups", {"days": 30, "attached": True})
    assert await desk.look() == []


async def test_a_cadence_says_when_a_client_is_quiet(desk: Desk) -> None:
    case = await desk.take_on()
    await desk.service.execute("UPDATE cases SET contacted_at = now() - interval '8 days'")
    await desk.service.execute("UPDATE contact_attempts SET at = now() - interval '8 days'")
    assert await desk.look() == []
    await case.do("cadence", {"days_between": 7})
    assert await desk.look() == [("quiet", "quiet_client", case.case_id)]
    visit = await case.do("visits", {"at": moment(hours=1), "location": "outside"})
    await case.do(f"visits/{visit['id']}/keep")
    assert await desk.look() == []


async def test_a_visit_is_on_the_list_of_those_who_go(desk: Desk) -> None:
    nurse = await desk.service.worker(
        desk.team, profession="psychiatric_nurse", employer_sector="health"
    )
    case = await desk.take_on()
    visit = await case.do("visits", {"at": moment(), "location": "remote", "with": [nurse]})
    assert await desk.look() == [], "the colleague's visit"
    theirs = Desk(desk.service, desk.team, nurse)
    assert await theirs.look() == [("visits_today", "visit", case.case_id)]
    await desk.service.execute("UPDATE visits SET at = now() - interval '3 days'")
    assert await theirs.look() == [("overdue", "visit_to_record", case.case_id)]
    await case.do(f"visits/{visit['id']}/cancel", {"by": "client", "reason": "no_show"})
    assert await theirs.look() == []


async def test_every_line_is_said_in_the_workers_language(desk: Desk) -> None:
    case = await desk.take_on(in_support=False)
    await desk.due_in(case, hours=-30)
    begins = {"fi": "Asiakasta ei ole", "sv": "Klienten har inte", "en": "The client was not"}
    for language, words in begins.items():
        answer = await desk.get(**{"Accept-Language": language})
        assert answer.headers["Content-Language"] == language
        assert answer.json()["items"][0]["text"].startswith(words)


async def test_who_is_no_worker_is_told_what_to_do(desk: Desk) -> None:
    for worker in (None, "somebody"):
        nobody = await desk.get(**desk.headers(worker=worker))
        assert (nobody.status_code, nobody.json()["code"]) == (403, "not_a_worker")
        assert "claim `worker`" in nobody.json()["detail"]
    no_scope = desk.service.mint.headers("teams:admin", worker=desk.worker)
    refused = await desk.get(**no_scope)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


async def test_a_lead_looks_at_a_worker_of_the_team_and_of_no_other(desk: Desk) -> None:
    case = await desk.take_on(in_support=False)
    await desk.due_in(case, hours=-1)
    lead = desk.service.lead(desk.team)
    seen = await desk.get(f"?worker={desk.worker}", **lead)
    assert [item["case"] for item in seen.json()["items"]] == [case.case_id]
    other_team = await desk.service.team()
    strangers = await desk.service.worker(other_team)
    for worker in (strangers, str(uuid4())):
        assert (await desk.get(f"?worker={worker}", **lead)).status_code == 404
    assert (await desk.get("?worker=nobody", **lead)).status_code == 422


async def test_what_is_shown_is_logged_and_no_more_than_asked_for(desk: Desk) -> None:
    cases = [await desk.take_on(in_support=False) for _ in range(3)]
    for nth, case in enumerate(cases):
        await desk.due_in(case, hours=nth - 9)
    await desk.service.execute("DELETE FROM audit")
    body = (await desk.get("?limit=2")).json()
    assert [item["case"] for item in body["items"]] == [case.case_id for case in cases[:2]]
    assert body["counts"] == NOTHING | {"overdue": 3}
    logged = await desk.service.rows("SELECT * FROM audit WHERE action = 'case.read' ORDER BY id")
    assert [str(row["subject_id"]) for row in logged] == [case.case_id for case in cases[:2]]
    assert {row["actor_worker"] for row in logged} == {desk.worker}


async def test_a_longer_list_takes_no_more_statements(desk: Desk) -> None:
    async def asked() -> int:
        with statements() as found:
            await desk.get()
        return len(found)

    await desk.due_in(await desk.take_on(in_support=False), hours=-1)
    before = await asked()
    for _ in range(3):
        case = await desk.take_on()
        await case.do("visits", {"at": moment(), "location": "home"})
        await case.do("handovers", PROPOSAL)
        await desk.due_in(await desk.take_on(in_support=False), hours=-1)
    assert await asked() == before
