"""Placements over HTTP: the service ladder, client by client, and its events."""

from typing import Any
from uuid import uuid4

import httpx

from tests.integration.caseload.conftest import Service, referral

SUPPORTED: dict[str, Any] = {
    "service_type": "supported",
    "production": "purchased",
    "channel": "on_site",
    "from": "2026-01-10",
}


async def place(
    service: Service, headers: dict[str, str] | None = None, **changes: Any
) -> httpx.Response:
    whose = {} if "case" in changes else {"client_ref": str(uuid4())}
    sent = SUPPORTED | whose | changes
    return await service.http.post("/v1/placements", json=sent, headers=headers or service.admin())


async def act(
    service: Service, made: httpx.Response, action: str, sent: dict[str, Any], version: int
) -> httpx.Response:
    return await service.http.post(
        f"{made.headers['Location']}/{action}",
        json=sent,
        headers=service.admin() | {"If-Match": f'"v{version}"'},
    )


async def ladder(service: Service) -> list[tuple[str, int, str | None]]:
    """Type, version and last day of every placement event."""
    return [
        (event.type.removeprefix("case."), event.data["version"], event.data.get("ends_on"))
        for event in await service.events()
        if event.type in ("case.placed", "case.placement-ended")
    ]


async def test_a_placement_begins_and_ends(service: Service) -> None:
    team = await service.team()
    client_ref = str(uuid4())
    made = await place(service, service.lead(team), client_ref=client_ref, requires_sobriety=True)
    assert (made.status_code, made.headers["ETag"]) == (201, '"v1"')
    assert made.json() == SUPPORTED | {
        "id": made.json()["id"],
        "client_ref": client_ref,
        "case": None,
        "team": team,
        "to": None,
        "requires_sobriety": True,
        "standing": "open",
    }
    ended = await act(service, made, "end", {"to": "2026-03-31"}, 1)
    assert (ended.json()["to"], ended.json()["standing"]) == ("2026-03-31", "ended")
    assert await ladder(service) == [
        ("placed", 1, None),
        ("placement-ended", 2, "2026-03-31"),
    ]
    event = (await service.events())[-2]
    assert event.key == event.data["client_ref"] == client_ref
    assert event.data["aggregate_id"] == made.json()["id"]
    assert (event.data["team"], event.data["county"]) == (team, "09")
    facts = ("service_type", "production", "channel", "starts_on", "requires_sobriety")
    assert [event.data[name] for name in facts] == [
        "supported",
        "purchased",
        "on_site",
        "2026-01-10",
        True,
    ]


async def test_a_last_day_known_at_once_is_an_end_like_any_other(service: Service) -> None:
    made = await place(service, to="2026-02-01")
    assert (made.headers["ETag"], made.json()["standing"]) == ('"v2"', "ended")
    assert await ladder(service) == [("placed", 1, None), ("placement-ended", 2, "2026-02-01")]


async def test_a_placement_of_a_case_is_its_clients_and_its_teams(service: Service) -> None:
    await service.worker(await service.team())
    case = await service.case_of(await service.take(referral()))
    made = await place(service, case=case["id"])
    assert made.json()["client_ref"] == case["client_ref"]
    assert (made.json()["team"], made.json()["case"]) == (case["team"], case["id"])
    assert (await service.events())[-1].data["case_id"] == case["id"]
    seen = await service.http.get(f"/v1/cases/{case['id']}", headers=service.admin())
    assert seen.headers["ETag"] == case["etag"], "a placement is an aggregate of its own"


async def test_what_was_written_wrongly_is_told_again_as_it_was(service: Service) -> None:
    made = await place(service, to="2026-02-01")
    right = await act(service, made, "correct", {"channel": "mobile", "to": "2026-02-15"}, 2)
    assert (right.json()["channel"], right.json()["to"]) == ("mobile", "2026-02-15")
    assert right.json()["from"] == "2026-01-10"
    assert (await ladder(service))[-1] == ("placed", 3, "2026-02-15")
    assert (await service.events())[-1].data["channel"] == "mobile"


async def test_a_placement_that_never_was_stays_so(service: Service) -> None:
    made = await place(service)
    void = await act(service, made, "correct", {"entered_in_error": True}, 1)
    assert void.json()["standing"] == "entered_in_error"
    assert (await service.events())[-1].data["entered_in_error"] is True
    for action, sent in (("end", {"to": "2026-02-01"}), ("correct", {"channel": "mobile"})):
        refused = await act(service, made, action, sent, 2)
        assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")


async def test_a_placement_ends_once_and_is_then_corrected(service: Service) -> None:
    made = await place(service)
    early = await act(service, made, "correct", {"to": "2026-02-01"}, 1)
    assert early.json()["errors"][0]["code"] == "not_ended"
    await act(service, made, "end", {"to": "2026-02-01"}, 1)
    again = await act(service, made, "end", {"to": "2026-02-02"}, 2)
    assert again.json()["code"] == "illegal_transition"


async def test_a_change_needs_the_version_that_was_read(service: Service) -> None:
    made = await place(service)
    for action, sent in (("end", {"to": "2026-02-01"}), ("correct", {"channel": "mobile"})):
        path = f"{made.headers['Location']}/{action}"
        missing = await service.http.post(path, json=sent, headers=service.admin())
        assert missing.status_code == 428
        assert (await act(service, made, action, sent, 7)).status_code == 412


async def test_the_last_day_is_not_before_the_first(service: Service) -> None:
    refused = await place(service, to="2026-01-09")
    assert refused.json()["errors"][0] == {
        "pointer": "/to",
        "code": "ends_before_start",
        "detail": "the last day lies before the first",
    }
    made = await place(service)
    assert (await act(service, made, "end", {"to": "2026-01-09"}, 1)).status_code == 422
    await act(service, made, "end", {"to": "2026-01-20"}, 1)
    assert (await act(service, made, "correct", {"from": "2026-01-21"}, 2)).status_code == 422


async def test_what_is_wrong_is_told(service: Service) -> None:
    for change, code in (
        ({"client_ref": None}, "client_or_case"),
        ({"client_ref": str(uuid4()), "case": str(uuid4())}, "client_or_case"),
        ({"case": str(uuid4())}, "case_unknown"),
        ({"service_type": "tehostettu"}, "enum"),
        ({"starts_on": "2026-01-01"}, "extra_forbidden"),
        ({"from": "1066-01-01"}, "day_out_of_reach"),
    ):
        refused = await place(service, **change)
        assert refused.status_code == 422
        assert [error["code"] for error in refused.json()["errors"]] == [code]


async def test_placements_are_found_by_client_team_and_day(service: Service) -> None:
    team, client_ref = await service.team(), str(uuid4())
    lead = service.lead(team)
    first = await place(service, lead, client_ref=client_ref, to="2026-02-01")
    second = await place(
        service, lead, client_ref=client_ref, service_type="communal", **{"from": "2026-02-02"}
    )
    stranger = await place(service, service.lead(await service.team()))
    ids = [made.json()["id"] for made in (first, second)]

    async def found(**query: str) -> list[str]:
        answer = await service.http.get("/v1/placements", params=query, headers=lead)
        return [item["id"] for item in answer.json()["items"]]

    assert await found() == [ids[1], ids[0]]
    assert await found(client_ref=client_ref, on="2026-02-01") == [ids[0]]
    assert await found(team=team, on="2026-02-02") == [ids[1]]
    assert await found(on="2026-01-09") == []
    assert await found(service_type="communal") == [ids[1]]
    assert (await service.http.get(stranger.headers["Location"], headers=lead)).status_code == 404
    rows = await service.rows("SELECT client_ref FROM audit WHERE action = 'placement.read'")
    assert {str(row["client_ref"]) for row in rows} == {client_ref}
