"""Multi-service paths over HTTP: one shared plan, seen by whoever is on the path."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.caseload import days
from tests.integration.caseload.conftest import Service, referral

WARD = "1.2.246.10.99901035"
PLAN = "Ensin vuokravelka, sitten katkaisuhoito; tavataan kuukausittain."


def body(team: str, **changes: Any) -> dict[str, Any]:
    return {
        "coordinator": {"organisation": team, "role": "social_work", "worker": str(uuid4())},
        "participants": [{"organisation": WARD, "role": "psychiatric_nursing", "worker": None}],
        "plan": PLAN,
        "next_review": str(days.today() + timedelta(days=30)),
    } | changes


async def put(
    service: Service,
    case: dict[str, Any],
    sent: dict[str, Any],
    headers: dict[str, str] | None = None,
    version: int | None = None,
) -> httpx.Response:
    match = {} if version is None else {"If-Match": f'"v{version}"'}
    return await service.http.put(
        f"/v1/cases/{case['id']}/service-path",
        json=sent,
        headers=(headers or service.lead(case["team"])) | match,
    )


@pytest.fixture
async def case(service: Service) -> dict[str, Any]:
    """A case of a team with one worker."""
    await service.worker(await service.team())
    return await service.case_of(await service.take(referral()))


async def test_a_path_is_started_read_and_changed(service: Service, case: dict[str, Any]) -> None:
    sent = body(case["team"])
    made = await put(service, case, sent)
    assert (made.status_code, made.headers["ETag"]) == (201, '"v1"')
    read = await service.http.get(
        f"/v1/cases/{case['id']}/service-path", headers=service.lead(case["team"])
    )
    assert read.json() == made.json()
    assert {name: read.json()[name] for name in sent} == sent
    changed = await put(service, case, sent | {"plan": "Uusi suunta."}, version=1)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"')
    events = [e for e in await service.events() if e.type == "case.service-path-changed"]
    assert [e.data["version"] for e in events] == [1, 2]
    assert events[0].key == case["client_ref"]
    assert events[0].data["case_id"] == case["id"]
    assert events[0].data["organisations"] == 2
    assert events[0].data["roles"] == ["psychiatric_nursing", "social_work"]
    seen = await service.http.get(f"/v1/cases/{case['id']}", headers=service.admin())
    assert seen.headers["ETag"] == case["etag"], "the case itself did not change"


async def test_the_plan_is_nowhere_in_the_clear(service: Service, case: dict[str, Any]) -> None:
    await put(service, case, body(case["team"]))
    for table in ("service_paths", "outbox", "audit"):
        for row in await service.rows(f"SELECT {table}::text AS told FROM {table}"):
            assert "katkaisuhoito" not in row["told"]
            assert b"katkaisuhoito".hex() not in row["told"]


async def test_a_change_needs_the_version_that_was_read(
    service: Service, case: dict[str, Any]
) -> None:
    sent = body(case["team"])
    assert (await put(service, case, sent, version=1)).status_code == 412
    await put(service, case, sent)
    assert (await put(service, case, sent)).status_code == 428
    assert (await put(service, case, sent, version=7)).status_code == 412


async def test_an_organisation_on_the_path_reads_and_changes_it_and_nothing_else(
    service: Service, case: dict[str, Any]
) -> None:
    ward, stranger = service.lead(WARD), service.lead(str(uuid4()))
    path = f"/v1/cases/{case['id']}/service-path"
    assert (await put(service, case, body(case["team"]), headers=ward)).status_code == 404
    await put(service, case, body(case["team"]))
    seen = await service.http.get(path, headers=ward)
    assert seen.json()["plan"] == PLAN
    changed = await put(service, case, body(case["team"], plan="Osaston lisäys."), ward, 1)
    assert changed.status_code == 200
    assert (await service.http.get(f"/v1/cases/{case['id']}", headers=ward)).status_code == 404
    assert (await service.http.get(path, headers=stranger)).status_code == 404
    listed = await service.http.get("/v1/service-paths", headers=stranger)
    assert listed.json()["items"] == []
    rows = await service.rows(
        "SELECT actor_org, client_ref FROM audit WHERE action = 'service_path.read'"
    )
    assert [(row["actor_org"], str(row["client_ref"])) for row in rows] == [
        (WARD, case["client_ref"])
    ]


async def test_overdue_reviews_are_listed(service: Service, case: dict[str, Any]) -> None:
    await put(service, case, body(case["team"]))

    async def found(headers: dict[str, str], **query: str) -> list[tuple[str, bool]]:
        answer = await service.http.get("/v1/service-paths", params=query, headers=headers)
        return [(item["case"], item["overdue"]) for item in answer.json()["items"]]

    lead = service.lead(case["team"])
    assert await found(lead) == [(case["id"], False)]
    assert await found(lead, overdue="true") == []
    await service.rows("UPDATE service_paths SET next_review_on = current_date - 5")
    for who in (lead, service.lead(WARD), service.admin()):
        assert await found(who, overdue="true") == [(case["id"], True)]
    assert await found(lead, overdue="false") == []
    assert await found(service.admin(), team=str(uuid4())) == []


async def test_what_is_wrong_is_pointed_at(service: Service, case: dict[str, Any]) -> None:
    good = body(case["team"])
    for change, pointer, code in (
        ({"next_review": "2026-01-01"}, "/next_review", "in_the_past"),
        ({"participants": []}, "/participants", "too_short"),
        ({"participants": [good["coordinator"]]}, "/participants", "one_organisation"),
        ({"plan": ""}, "/plan", "string_too_short"),
    ):
        refused = await put(service, case, good | change)
        assert refused.status_code == 422
        found = [(error["pointer"], error["code"]) for error in refused.json()["errors"]]
        assert found == [(pointer, code)]


async def test_a_closed_case_keeps_its_path_as_it_was(
    service: Service, case: dict[str, Any]
) -> None:
    await put(service, case, body(case["team"]))
    await service.close(case)
    refused = await put(service, case, body(case["team"]), version=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    read = await service.http.get(f"/v1/cases/{case['id']}/service-path", headers=service.admin())
    assert read.status_code == 200
    listed = await service.http.get("/v1/service-paths", headers=service.admin())
    assert listed.json()["items"] == []
