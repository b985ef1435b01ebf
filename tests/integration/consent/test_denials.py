"""Denials: recorded, looked up, lifted; and what they do to decisions and documents."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.consent.conftest import Service, denial_body
from tests.integration.consent.office import Office
from tests.support.bodies import new_key

PARTNER = str(uuid4())


async def basis(service: Service, client_ref: str, **changes: Any) -> str:
    return str((await service.decide(client_ref, **changes)).json()["basis"])


async def test_a_denial_is_stored_told_logged_and_lifted_once(service: Service) -> None:
    body = denial_body(direction="social_to_health", data_classes=["summary", "joint_plan"])
    given = await service.http.post("/v1/denials", json=body, headers=service.caller())
    stored = given.json()
    assert (given.status_code, given.headers["etag"]) == (201, '"v1"')
    assert (stored["status"], stored["lifted_at"]) == ("in_force", None)
    read = await service.http.get(given.headers["location"], headers=service.caller())
    assert (read.json(), read.headers["etag"]) == (stored, '"v1"')
    lifted = await service.lift(stored["id"])
    assert (lifted.status_code, lifted.headers["etag"]) == (200, '"v2"')
    assert (lifted.json()["status"], lifted.json()["lifted_at"] is None) == ("lifted", False)
    for etag in ('"v1"', '"v2"'):
        again = await service.lift(stored["id"], etag)
        assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    [denied, told] = await service.events()
    assert (denied[0], denied[1]) == ("nopsa.consent.denied.v1", body["client_ref"])
    assert denied[2]["data_classes"] == ["joint_plan", "summary"]
    assert (told[0], told[2]["version"]) == ("nopsa.consent.denial-lifted.v1", 2)
    url = f"/v1/denials/{stored['id']}/history"
    history = (await service.http.get(url, headers=service.caller())).json()["items"]
    assert [(event["what"], event["worker"]) for event in history] == [
        ("given", body["recorded_by"]),
        ("lifted", body["recorded_by"]),
    ]
    logged = await service.rows("SELECT action FROM audit ORDER BY id")
    assert [row["action"] for row in logged] == [
        "denial.give", "denial.read", "denial.lift", "denial.read",
    ]  # fmt: skip


async def test_a_denial_wins_over_a_consent_until_it_is_lifted(service: Service) -> None:
    client_ref = (await service.give()).json()["client_ref"]
    denial = (await service.deny(client_ref=client_ref)).json()
    told = (await service.decide(client_ref)).json()
    assert (told["decision"], told["basis"], told["consent_id"]) == ("deny", "denied", None)
    await service.lift(denial["id"])
    assert await basis(service, client_ref) == "consent"


@pytest.mark.parametrize(
    ("extent", "expected"),
    [
        ({}, "denied"),
        ({"direction": "social_to_health"}, "denied"),
        ({"direction": "health_to_social"}, "consent"),
        ({"direction": "to_partner", "partner": PARTNER}, "consent"),
        ({"organisations": ["1.2.246.10.1"]}, "denied"),
        ({"organisations": ["1.2.246.10.2"]}, "consent"),
        ({"data_classes": ["joint_plan"]}, "denied"),
        ({"organisations": ["1.2.246.10.1"], "data_classes": ["diagnosis"]}, "consent"),
    ],
)
async def test_a_denial_forbids_as_far_as_it_reaches(
    service: Service, extent: dict[str, Any], expected: str
) -> None:
    client_ref = (await service.give()).json()["client_ref"]
    assert (await service.deny(client_ref=client_ref, **extent)).status_code == 201
    assert await basis(service, client_ref) == expected


async def test_a_denial_of_one_partner_leaves_the_others(service: Service) -> None:
    client_ref, other = str(uuid4()), str(uuid4())
    for partner in (PARTNER, other):
        await service.give(
            client_ref=client_ref, direction="to_partner", partner=partner, facts=["contacted"]
        )
    await service.deny(client_ref=client_ref, direction="to_partner", partner=PARTNER)
    found = [
        await basis(
            service,
            client_ref,
            direction="to_partner",
            data_class="contacted",
            requester={"organisation": partner, "sector": "partner"},
        )
        for partner in (PARTNER, other)
    ]
    assert found == ["denied", "consent"]


async def test_a_denial_withdraws_what_the_other_record_was_told(service: Service) -> None:
    office = Office(service, str(uuid4()))
    await office.permit()
    document = await office.write()
    assert await office.words("health") == ["document-ready"]
    await service.deny(client_ref=office.client_ref, direction="social_to_health")
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    assert (await office.read("health", document["id"])).status_code == 404
    assert (await office.read("social", document["id"])).status_code == 200


async def test_a_repeated_denial_is_recorded_once_and_of_two_liftings_one_succeeds(
    service: Service,
) -> None:
    body, headers = denial_body(), service.caller() | new_key()
    first = await service.http.post("/v1/denials", json=body, headers=headers)
    again = await service.http.post("/v1/denials", json=body, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    denial_id = first.json()["id"]
    liftings = await asyncio.gather(*(service.lift(denial_id) for _ in range(4)))
    assert sorted(answer.status_code for answer in liftings) == [200, 409, 409, 409]
    listed = await service.http.get(
        "/v1/denials", params={"client_ref": body["client_ref"]}, headers=service.caller()
    )
    assert [item["status"] for item in listed.json()["items"]] == ["lifted"]
    assert len(await service.events()) == 2


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"partner": PARTNER}, "/partner", "partner_not_taken"),
        (
            {"direction": "to_partner", "partner": PARTNER, "organisations": ["1.2"]},
            "/organisations",
            "organisations_not_taken",
        ),
        ({"organisations": []}, "/organisations", "too_short"),
        ({"organisations": ["010190-900R"]}, "/organisations/0", "identifying_value"),
        ({"recorded_by": str(uuid4())}, "/recorded_by", "recorded_by_not_caller"),
        ({"valid_to": "2030-01-01T00:00:00Z"}, "/valid_to", "extra_forbidden"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(
    service: Service, changes: dict[str, Any], pointer: str, code: str
) -> None:
    refused = await service.deny(**changes)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(pointer, code)]
    for table in ("denials", "outbox", "audit"):
        assert await service.rows(f"SELECT * FROM {table}") == []


async def test_scopes_are_held_apart(service: Service) -> None:
    denial_id = (await service.deny()).json()["id"]
    reader, writer = service.caller("consents:read"), service.caller("consents:write")
    for method, path, headers in (
        ("POST", "/v1/denials", reader),
        ("POST", f"/v1/denials/{denial_id}/lift", reader | {"If-Match": '"v1"'}),
        ("GET", f"/v1/denials/{denial_id}", writer),
        ("GET", f"/v1/denials?client_ref={uuid4()}", writer),
    ):
        refused = await service.http.request(method, path, headers=headers, json=denial_body())
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    for path in (f"/v1/denials/{uuid4()}", f"/v1/denials/{uuid4()}/history"):
        assert (await service.http.get(path, headers=reader)).status_code == 404
