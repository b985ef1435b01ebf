"""Recording consents, looking them up, and taking them back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.consent.conftest import Service, consent_body
from tests.support.bodies import new_key

PARTNER = str(uuid4())
TARGETED = {"targets": [{"organisation": "1.2.246.10.1", "data_classes": ["joint_plan"]}]}


def days_from_now(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def test_a_consent_is_stored_told_and_logged(service: Service) -> None:
    body = consent_body(scope=TARGETED, valid_to="2199-01-01T02:00:00+02:00")
    given = await service.http.post("/v1/consents", json=body, headers=service.caller())
    stored = given.json()
    assert given.status_code == 201
    assert given.headers["etag"] == '"v1"'
    assert stored["scope"] == TARGETED
    assert (stored["status"], stored["revoked_at"]) == ("given", None)
    assert stored["valid_to"] == "2199-01-01T00:00:00Z"
    assert stored["valid_from"] == stored["recorded_at"]
    read = await service.http.get(given.headers["location"], headers=service.caller())
    assert (read.json(), read.headers["etag"]) == (stored, '"v1"')
    [(event_type, key, data)] = await service.events()
    assert (event_type, key) == ("nopsa.consent.given.v1", body["client_ref"])
    assert data["aggregate_id"] == stored["id"]
    assert data["direction"] == "social_to_health"
    logged = await service.rows("SELECT action, basis FROM audit ORDER BY id")
    assert [tuple(row) for row in logged] == [
        ("consent.give", "paper_signed"),
        ("consent.read", None),
    ]


async def test_a_consent_to_tell_a_partner_names_the_partner_and_the_facts(
    service: Service,
) -> None:
    given = await service.give(
        direction="to_partner", partner=PARTNER, facts=["ended", "contacted"]
    )
    assert given.status_code == 201, given.text
    assert given.json()["facts"] == ["contacted", "ended"]
    [(_, _, data)] = await service.events()
    assert (data["partner_id"], data["facts"]) == (PARTNER, ["contacted", "ended"])


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"direction": "to_partner", "facts": ["ended"]}, "/partner", "partner_missing"),
        ({"direction": "to_partner", "partner": PARTNER}, "/facts", "facts_missing"),
        ({"partner": PARTNER}, "/partner", "partner_not_taken"),
        ({"facts": ["ended"]}, "/facts", "facts_not_taken"),
        (
            {"direction": "to_partner", "partner": PARTNER, "facts": ["ended"], "scope": TARGETED},
            "/scope",
            "targets_not_taken",
        ),
        ({"valid_from": days_from_now(-30.1)}, "/valid_from", "valid_from_backdated"),
        ({"valid_from": "0001-01-01T00:00:00+14:00"}, "/valid_from", "day_out_of_reach"),
        ({"valid_to": days_from_now(-1)}, "/valid_to", "valid_to_not_after_valid_from"),
        ({"valid_to": "9999-12-31T23:59:59-12:00"}, "/valid_to", "day_out_of_reach"),
        ({"valid_to": "2026-01-01T00:00:00"}, "/valid_to", "timezone_aware"),
        ({"recorded_by": str(uuid4())}, "/recorded_by", "recorded_by_not_caller"),
        ({"scope": None}, "/scope", "scope_missing"),
        ({"scope": "everything"}, "/scope", "model_attributes_type"),
        ({"scope": {"targets": []}}, "/scope/targets", "too_short"),
        (
            {"scope": {"targets": [{"organisation": "1.2", "data_classes": ["a b"]}]}},
            "/scope/targets/0/data_classes/0",
            "string_pattern_mismatch",
        ),
        (
            {"scope": {"targets": [{"organisation": "010190-900R", "data_classes": ["a"]}]}},
            "/scope/targets/0/organisation",
            "identifying_value",
        ),
        ({"direction": "sideways"}, "/direction", "enum"),
        ({"name": "x"}, "/name", "extra_forbidden"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(
    service: Service, changes: dict[str, Any], pointer: str, code: str
) -> None:
    refused = await service.give(**changes)
    assert refused.status_code == 422
    assert refused.json()["code"] == "validation_failed"
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(pointer, code)]
    for table in ("consents", "outbox", "audit"):
        assert await service.rows(f"SELECT * FROM {table}") == []


async def test_a_system_without_a_worker_says_who_recorded_it(service: Service) -> None:
    body = consent_body(recorded_by=str(uuid4()))
    headers = service.caller(worker=None)
    given = await service.http.post("/v1/consents", json=body, headers=headers)
    assert (given.status_code, given.json()["recorded_by"]) == (201, body["recorded_by"])


async def test_a_repeated_request_is_answered_the_same_and_recorded_once(service: Service) -> None:
    body, key = consent_body(), new_key()
    headers = service.caller() | key
    first = await service.http.post("/v1/consents", json=body, headers=headers)
    again = await service.http.post("/v1/consents", json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert len(await service.events()) == 1
    other = await service.http.post("/v1/consents", json=consent_body(), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_consent_is_revoked_once(service: Service) -> None:
    given = (await service.give()).json()
    revoked = await service.revoke(given["id"])
    assert (revoked.status_code, revoked.headers["etag"]) == (200, '"v2"')
    assert revoked.json()["status"] == "revoked"
    assert revoked.json()["revoked_at"] is not None
    for etag in ('"v1"', '"v2"'):
        again = await service.revoke(given["id"], etag)
        assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    events = await service.events()
    assert [(kind, data["version"]) for kind, _, data in events] == [
        ("nopsa.consent.given.v1", 1),
        ("nopsa.consent.revoked.v1", 2),
    ]
    assert {key for _, key, _ in events} == {given["client_ref"]}


async def test_of_simultaneous_revocations_one_succeeds(service: Service) -> None:
    given = (await service.give()).json()
    answers = await asyncio.gather(*(service.revoke(given["id"]) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    assert len(await service.events()) == 2


async def test_a_revocation_needs_the_version_that_was_read(service: Service) -> None:
    given = (await service.give()).json()
    path = f"/v1/consents/{given['id']}/revoke"
    missing = await service.http.post(path, headers=service.caller())
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    stale = await service.revoke(given["id"], '"v7"')
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await service.revoke(str(uuid4()))).status_code == 404


async def test_a_clients_consents_are_paged_newest_first_and_the_look_is_logged(
    service: Service,
) -> None:
    client_ref = str(uuid4())
    await service.give()
    periods = [
        {"valid_from": days_from_now(day), "valid_to": days_from_now(day + 1)} for day in range(5)
    ]
    made = [
        (await service.give(client_ref=client_ref, **period)).json()["id"] for period in periods
    ]
    await service.revoke(made[2])
    found, cursor = [], None
    while True:
        query = {"client_ref": client_ref, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        answer = await service.http.get("/v1/consents", params=query, headers=service.caller())
        found += [item["id"] for item in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert found == made[::-1]
    logged = await service.rows("SELECT * FROM audit WHERE action = 'consent.list'")
    assert {str(row["client_ref"]) for row in logged} == {client_ref}
    assert len(logged) == 3


async def test_scopes_are_held_apart(service: Service) -> None:
    reader = service.caller("consents:read")
    writer = service.caller("consents:write")
    consent_id = (await service.give()).json()["id"]
    revoke = f"/v1/consents/{consent_id}/revoke"
    calls: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
        ("POST", "/v1/consents", reader, {"json": consent_body()}),
        ("POST", revoke, reader | {"If-Match": '"v1"'}, {}),
        ("GET", f"/v1/consents/{consent_id}", writer, {}),
        ("GET", f"/v1/consents?client_ref={uuid4()}", writer, {}),
        ("POST", "/v1/decisions", writer, {"json": {}}),
    ]
    for method, path, headers, more in calls:
        refused = await service.http.request(method, path, headers=headers, **more)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert (await service.http.get("/v1/consents")).status_code == 401


async def test_a_list_needs_to_know_whose(service: Service) -> None:
    refused = await service.http.get("/v1/consents", headers=service.caller())
    assert refused.json()["errors"][0]["pointer"] == "/query/client_ref"
