"""Working a case over HTTP: contact attempts, the end, and who may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.caseload.conftest import Service, referral

FAILED = {"channel": "phone", "outcome": "no_answer"}
REACHED = {"channel": "outreach", "outcome": "reached"}


def now() -> str:
    return datetime.now(UTC).isoformat()


async def attempt(
    service: Service, case: dict[str, Any], body: dict[str, Any], **headers: str
) -> httpx.Response:
    """Writes a contact attempt down at the version last seen, which it moves on."""
    answer = await service.http.post(
        f"/v1/cases/{case['id']}/contact-attempts",
        json={"at": now()} | body,
        headers=service.admin() | {"If-Match": case["etag"]} | headers,
    )
    case["etag"] = answer.headers.get("ETag", case["etag"])
    return answer


@pytest.fixture
async def case(service: Service) -> dict[str, Any]:
    """A case that was just assigned, with a month to make contact."""
    await service.worker(await service.team(contact_policy={"urgent": 160}))
    return await service.case_of(await service.take(referral(received_at=datetime.now(UTC))))


async def types_of(service: Service) -> list[str]:
    return [e.type for e in await service.events() if e.type.startswith("case.")]


async def test_failed_attempts_are_counted_until_the_client_is_reached(
    service: Service, case: dict[str, Any]
) -> None:
    first = await attempt(service, case, FAILED)
    assert (first.status_code, first.json()["status"]) == (201, "contacting")
    await attempt(service, case, FAILED | {"outcome": "left_message"})
    reached = (await attempt(service, case, REACHED)).json()
    assert (reached["status"], reached["attempts"]) == ("contacted", 3)
    assert reached["contacted_at"] is not None
    *_, second, contacted = await service.events()
    assert second.data["outcome"] == "left_message"
    assert second.data["attempt"] == 2
    assert contacted.data["attempt"] == 3
    assert contacted.data["within_deadline"] is True
    assert contacted.data["version"] == 5
    assert contacted.correlation == case["referral_ids"][0]
    assert await types_of(service) == [
        "case.referral-accepted",
        "case.assigned",
        "case.contact-attempted",
        "case.contact-attempted",
        "case.contacted",
    ]


async def test_a_late_contact_is_told_to_be_late(service: Service) -> None:
    await service.worker(await service.team())
    case = await service.case_of(await service.take(referral()))
    await attempt(service, case, REACHED)
    assert (await service.events())[-1].data["within_deadline"] is False


async def test_contacts_after_the_first_are_kept_and_change_nothing_of_the_case(
    service: Service, case: dict[str, Any]
) -> None:
    first = await attempt(service, case, REACHED)
    for body in (FAILED, REACHED):
        later = await attempt(service, case, body)
        assert later.status_code == 201
        assert later.json() == first.json()
        assert later.headers["ETag"] == first.headers["ETag"]
    assert (await types_of(service)).count("case.contacted") == 1
    assert "case.contact-attempted" not in await types_of(service)
    assert len(await service.rows("SELECT 1 FROM contact_attempts")) == 3


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (timedelta(minutes=5), "in_the_future"),
        (timedelta(days=-3), "before_the_case"),
    ],
)
async def test_a_contact_at_a_moment_that_cannot_be_is_refused(
    service: Service, case: dict[str, Any], at: timedelta, code: str
) -> None:
    impossible = (datetime.now(UTC) + at).isoformat()
    answer = await attempt(service, case, FAILED | {"at": impossible})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code
    assert await service.rows("SELECT 1 FROM contact_attempts") == []


async def test_the_same_request_again_is_answered_again_and_done_once(
    service: Service, case: dict[str, Any]
) -> None:
    body, headers = FAILED | {"at": now()}, {"Idempotency-Key": "attempt-1"}
    etag = case["etag"]
    first = await attempt(service, case, body, **headers)
    case["etag"] = etag
    again = await attempt(service, case, body, **headers)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await service.rows("SELECT 1 FROM contact_attempts")) == 1
    other = await attempt(service, case, REACHED | {"at": body["at"]}, **headers)
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("action", ["contact-attempts", "close"])
async def test_a_change_needs_the_version_that_was_read(
    service: Service, case: dict[str, Any], action: str
) -> None:
    body = FAILED | {"at": now()} if action == "contact-attempts" else {"reason": "other"}
    path = f"/v1/cases/{case['id']}/{action}"
    missing = await service.http.post(path, json=body, headers=service.admin())
    assert missing.status_code == 428
    stale = await service.http.post(path, json=body, headers=service.admin() | {"If-Match": '"v1"'})
    assert stale.status_code == 412


async def test_a_case_ends_with_its_reason_and_what_else_would_have_been_given(
    service: Service, case: dict[str, Any]
) -> None:
    answer = await service.close(case, reason="client_withdrew", alternative_service="supported")
    closed = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"v3"')
    assert (closed["status"], closed["closing_reason"]) == ("closed", "client_withdrew")
    event = (await service.events())[-1]
    assert event.type == "case.closed"
    assert (event.data["reason"], event.data["alternative_service"]) == (
        "client_withdrew",
        "supported",
    )
    actions = [row["action"] for row in await service.rows("SELECT action FROM audit ORDER BY id")]
    assert actions[-2:] == ["case.read", "case.close"]


async def test_what_is_closed_takes_no_more_action(service: Service, case: dict[str, Any]) -> None:
    case["etag"] = (await service.close(case)).headers["ETag"]
    for answer in (await service.close(case), await attempt(service, case, FAILED)):
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
        assert "closed" in answer.json()["detail"]


async def test_no_case_is_handed_over_by_being_called_so(
    service: Service, case: dict[str, Any]
) -> None:
    answer = await service.close(case, reason="handed_over")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert "confirmed handover" in answer.json()["detail"]


async def test_a_team_sees_its_own_cases_and_no_others(service: Service) -> None:
    team, other = await service.team(), await service.team()
    for each in (team, other):
        await service.worker(each)
    mine = await service.case_of(await service.take(referral(wished_team=team)))
    theirs = await service.case_of(await service.take(referral(wished_team=other)))
    lead = service.lead(team)
    listed = (await service.http.get("/v1/cases", headers=lead)).json()["items"]
    assert [case["id"] for case in listed] == [mine["id"]]
    asked = await service.http.get("/v1/cases", params={"team": other}, headers=lead)
    assert asked.json()["items"] == []
    headers = lead | {"If-Match": theirs["etag"]}
    path = f"/v1/cases/{theirs['id']}"
    for answer in (
        await service.http.get(path, headers=lead),
        await service.http.get(f"{path}/assignment", headers=lead),
        await service.http.post(f"{path}/close", json={"reason": "other"}, headers=headers),
        await service.http.get(path, headers=service.lead("social")),
        await service.http.get(path, headers=service.lead(str(uuid4()))),
        await service.http.get(f"/v1/cases/{uuid4()}", headers=lead),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_cases_are_listed_by_worker_and_status_page_by_page(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team)
    cases = [await service.case_of(await service.take(referral())) for _ in range(3)]
    await service.close(cases[0])

    async def found(**query: str) -> list[str]:
        answer = await service.http.get("/v1/cases", params=query, headers=service.admin())
        return [case["id"] for case in answer.json()["items"]]

    newest_first = [case["id"] for case in reversed(cases)]
    assert await found(worker=worker) == newest_first
    assert await found(worker=str(uuid4())) == []
    assert await found(status="closed") == [cases[0]["id"]]
    assert await found(status="assigned", team=team) == newest_first[:2]
    page = await service.http.get("/v1/cases", params={"limit": "2"}, headers=service.admin())
    assert [case["id"] for case in page.json()["items"]] == newest_first[:2]
    assert await found(cursor=page.json()["next"], limit="2") == newest_first[2:]


async def test_every_case_shown_is_logged(service: Service, case: dict[str, Any]) -> None:
    await service.http.get("/v1/cases", headers=service.lead(case["team"]))
    rows = await service.rows("SELECT * FROM audit WHERE action = 'case.read' ORDER BY id")
    assert [(str(row["subject_id"]), row["actor"]) for row in rows] == [
        (case["id"], "admin"),
        (case["id"], "lead"),
    ]
    assert str(rows[1]["client_ref"]) == case["client_ref"]
    assert rows[1]["actor_org"] == case["team"]


async def test_reading_and_writing_are_scopes_of_their_own(
    service: Service, case: dict[str, Any]
) -> None:
    path = f"/v1/cases/{case['id']}"
    reader, writer = service.mint.headers("cases:read"), service.mint.headers("cases:write")
    assert (await service.http.get(path, headers=writer)).status_code == 403
    assert (await service.http.get("/v1/waitlist", headers=writer)).status_code == 403
    close = {"reason": "other"}
    headers = reader | {"If-Match": case["etag"]}
    assert (
        await service.http.post(f"{path}/close", json=close, headers=headers)
    ).status_code == 403
