"""Service gaps over HTTP: reported, taken up, ended; told without their words or whose they are."""

from typing import Any
from uuid import uuid4

import httpx

from tests.integration.caseload.conftest import Service, referral

GAP: dict[str, Any] = {
    "type": "bottleneck",
    "service": "supported_housing",
    "municipality": "398",
    "step": "start_of_service",
    "description": "Neljä kuukautta päätöksestä asuntoon.",
}


async def report(
    house: Service, headers: dict[str, str] | None = None, **changes: Any
) -> httpx.Response:
    return await house.http.post(
        "/v1/service-gaps", json=GAP | changes, headers=headers or house.admin()
    )


async def act(
    service: Service, made: httpx.Response, action: str, sent: dict[str, Any], version: int
) -> httpx.Response:
    return await service.http.post(
        f"{made.headers['Location']}/{action}",
        json=sent,
        headers=service.admin() | {"If-Match": f'"v{version}"'},
    )


async def test_a_gap_lives_from_report_to_resolution(service: Service) -> None:
    lead = service.lead(await service.team())
    made = await report(service, lead)
    assert (made.status_code, made.json()["status"]) == (201, "reported")
    assert "description" not in made.json()
    taken = await act(service, made, "update", {"service": "communal_housing"}, 1)
    assert (taken.status_code, taken.json()["status"]) == (200, "acknowledged")
    assert taken.headers["ETag"] == '"v2"'
    ended = await act(service, made, "resolve", {"resolution": "new_service"}, 2)
    assert (ended.json()["status"], ended.json()["resolution"]) == ("resolved", "new_service")
    read = (await service.http.get(made.headers["Location"], headers=lead)).json()
    assert read["description"] == GAP["description"]
    assert read["resolved_at"] is not None
    events = [event for event in await service.events() if event.type.startswith("gap.")]
    assert [(e.type, e.data["version"], e.data["status"]) for e in events] == [
        ("gap.reported", 1, "reported"),
        ("gap.updated", 2, "acknowledged"),
        ("gap.resolved", 3, "resolved"),
    ]
    assert [e.data["service"] for e in events] == ["supported_housing", *["communal_housing"] * 2]
    assert events[2].data["resolution"] == "new_service"
    assert {e.data["county"] for e in events} == {"09"}
    assert {e.key for e in events} == {made.json()["id"]}


async def test_what_is_resolved_takes_no_more_action(service: Service) -> None:
    made = await report(service)
    await act(service, made, "resolve", {}, 1)
    for action in ("update", "resolve"):
        refused = await act(service, made, action, {}, 2)
        assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")


async def test_a_change_needs_the_version_that_was_read(service: Service) -> None:
    made = await report(service)
    for action in ("update", "resolve"):
        path = f"{made.headers['Location']}/{action}"
        missing = await service.http.post(path, json={}, headers=service.admin())
        assert missing.status_code == 428
        assert (await act(service, made, action, {}, 7)).status_code == 412


async def test_a_description_that_tells_who_met_it_is_refused(service: Service) -> None:
    secret = "Asiakas 010190-900P odottaa"
    made = await report(service)
    for refused in (
        await report(service, description=secret),
        await act(service, made, "update", {"description": secret}, 1),
    ):
        assert (refused.status_code, refused.json()["code"]) == (422, "identifying_value")
        assert refused.json()["errors"][0]["pointer"] == "/description"
    assert len(await service.rows("SELECT 1 FROM service_gaps")) == 1


async def test_the_description_is_nowhere_in_the_clear_and_may_be_told_better(
    service: Service,
) -> None:
    made = await report(service, service.admin() | {"Idempotency-Key": "g"})
    await act(service, made, "update", {"description": "Viisi kuukautta."}, 1)
    read = await service.http.get(made.headers["Location"], headers=service.admin())
    assert read.json()["description"] == "Viisi kuukautta."
    for table in ("service_gaps", "idempotency", "outbox"):
        for row in await service.rows(f"SELECT {table}::text AS told FROM {table}"):
            assert "kuukautta" not in row["told"]
            assert b"kuukautta".hex() not in row["told"]


async def test_a_gap_of_a_case_belongs_to_its_team_and_the_event_tells_of_no_client(
    service: Service,
) -> None:
    await service.worker(await service.team())
    case = await service.case_of(await service.take(referral()))
    made = await report(service, case=case["id"])
    assert made.json()["team"] == case["team"]
    seen = await service.http.get(made.headers["Location"], headers=service.lead(case["team"]))
    assert seen.json()["case"] == case["id"]
    told = str((await service.events())[-1].data)
    assert case["id"] not in told
    assert case["client_ref"] not in told
    rows = await service.rows("SELECT client_ref FROM audit WHERE action LIKE 'service_gap%'")
    assert {str(row["client_ref"]) for row in rows} == {case["client_ref"]}


async def test_gaps_are_narrowed_by_what_they_are(service: Service) -> None:
    lead = service.lead(await service.team())
    first = (await report(service, lead)).json()["id"]
    second = (await report(service, lead, service="detox", municipality="098")).json()["id"]
    stranger = await report(service, service.lead(await service.team()))

    async def found(**query: str) -> list[str]:
        answer = await service.http.get("/v1/service-gaps", params=query, headers=lead)
        return [item["id"] for item in answer.json()["items"]]

    assert await found() == [second, first]
    assert await found(service="detox") == [second]
    assert await found(municipality="398", status="reported", type="bottleneck") == [first]
    assert await found(status="resolved") == []
    assert await found(case=str(uuid4())) == []
    assert (await service.http.get(stranger.headers["Location"], headers=lead)).status_code == 404
    unseen = await report(service, lead, case=str(uuid4()))
    assert unseen.json()["errors"][0]["code"] == "case_unknown"
