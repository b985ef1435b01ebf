"""FHIR R4 Consent over HTTP: the same consents and denials as REST's."""

import json
from typing import Any
from uuid import uuid4

import httpx

from services.consent.fhir import systems
from services.consent.fhir.schemas import EXAMPLE
from tests.integration.consent.conftest import WORKER, Service
from tests.support.bodies import new_key

FHIR = {"Content-Type": "application/fhir+json"}
CLIENT = str(EXAMPLE["patient"]["identifier"]["value"])


async def post(service: Service, resource: Any, **headers: str) -> httpx.Response:
    content = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
    sent = service.caller() | FHIR | headers
    return await service.http.post("/fhir/r4/Consent", content=content, headers=sent)


def denial() -> dict[str, Any]:
    policy = {"coding": [{"system": systems.ACT_CODE, "code": systems.OPT_OUT}]}
    return EXAMPLE | {"policyRule": policy, "provision": {"type": "deny"}}


async def test_a_consent_sent_as_fhir_is_one_of_rest_and_read_back_as_it_was(
    service: Service,
) -> None:
    made = await post(service, EXAMPLE)
    assert made.status_code == 201, made.text
    assert made.headers["content-type"].startswith("application/fhir+json")
    assert made.headers["etag"] == 'W/"1"'
    resource = made.json()
    assert resource["performer"] == [EXAMPLE["patient"]]
    read = await service.http.get(made.headers["location"], headers=service.caller())
    assert read.json() == resource
    rest = await service.http.get(f"/v1/consents/{resource['id']}", headers=service.caller())
    assert rest.json()["scope"]["targets"] == [
        {"organisation": "1.2.246.10.99901019.10.1", "data_classes": ["joint_plan"]}
    ]
    assert rest.json()["recorded_by"] == WORKER
    await service.revoke(resource["id"])
    after = await service.http.get(made.headers["location"], headers=service.caller())
    assert (after.json()["status"], after.headers["etag"]) == ("inactive", 'W/"2"')


async def test_a_denial_sent_as_fhir_denies(service: Service) -> None:
    await service.give(client_ref=CLIENT)
    made = await post(service, denial())
    assert made.status_code == 201, made.text
    assert (await service.decide(CLIENT)).json()["basis"] == "denied"
    rest = await service.http.get(f"/v1/denials/{made.json()['id']}", headers=service.caller())
    assert rest.json()["direction"] == "social_to_health"


async def test_a_search_finds_all_words_of_a_client_and_is_logged(service: Service) -> None:
    other_way = (await service.give(client_ref=CLIENT, direction="health_to_social")).json()["id"]
    made = [(await post(service, resource)).json()["id"] for resource in (EXAMPLE, denial())]
    await service.give()

    async def search(patient: str) -> dict[str, Any]:
        url = "/fhir/r4/Consent"
        found = await service.http.get(url, params={"patient": patient}, headers=service.caller())
        assert found.status_code == 200
        return dict(found.json())

    for patient in (CLIENT, f"Patient/{CLIENT}"):
        bundle = await search(patient)
        ids = [entry["resource"]["id"] for entry in bundle["entry"]]
        assert ids == [made[1], made[0], other_way]
        assert bundle["total"] == 3
    for nobody in (str(uuid4()), "nobody", ""):
        assert (await search(nobody))["total"] == 0
    logged = await service.rows("SELECT client_ref FROM audit WHERE action = 'consent.list'")
    assert len(logged) == 3, "a search for what names nobody looks at nobody"


async def test_a_repeated_request_is_recorded_once(service: Service) -> None:
    key = new_key()
    first, again = await post(service, EXAMPLE, **key), await post(service, EXAMPLE, **key)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    third = await post(service, EXAMPLE)
    assert third.status_code == 409
    assert third.json()["issue"][0]["details"]["coding"][0]["code"] == "consent_overlaps"


async def test_what_is_wrong_is_an_operation_outcome_in_terms_of_the_resource(
    service: Service,
) -> None:
    late = EXAMPLE | {"provision": {"type": "permit", "period": {"start": "2020-01-01"}}}
    for resource, status, expression in (
        (b"{", 400, None),
        (EXAMPLE | {"status": "draft"}, 422, "Consent.status"),
        (EXAMPLE | {"policy": [{"uri": "x:y"}]}, 422, "Consent.policy"),
        (late, 422, "Consent.provision.period.start"),
    ):
        refused = await post(service, resource)
        assert refused.status_code == status
        assert refused.json()["resourceType"] == "OperationOutcome"
        assert refused.json()["issue"][0].get("expression", [None]) == [expression]
    wrong_type = await post(service, EXAMPLE, **{"Content-Type": "text/plain"})
    assert wrong_type.status_code == 415
    missing = await service.http.get(f"/fhir/r4/Consent/{uuid4()}", headers=service.caller())
    assert (missing.status_code, missing.json()["issue"][0]["code"]) == (404, "not-found")
    turtle = service.caller() | {"Accept": "text/turtle"}
    assert (await service.http.get("/fhir/r4/metadata", headers=turtle)).status_code == 406
    assert await service.rows("SELECT 1 FROM consents") == []


async def test_scopes_are_held_apart_and_the_statement_is_for_everybody(service: Service) -> None:
    statement = await service.http.get("/fhir/r4/metadata")
    assert statement.json()["rest"][0]["resource"][0]["type"] == "Consent"
    writer = service.caller("consents:write")
    found = await service.http.get(f"/fhir/r4/Consent?patient={CLIENT}", headers=writer)
    assert found.status_code == 403
    sent = service.caller("consents:read") | FHIR
    refused = await service.http.post("/fhir/r4/Consent", json=EXAMPLE, headers=sent)
    assert refused.status_code == 403
