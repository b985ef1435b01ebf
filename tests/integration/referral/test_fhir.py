"""FHIR R4 over real HTTP: every address, every shape of an error, and no more told than by REST."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.servicerequest import ServiceRequest
from fhir.resources.R4B.task import Task
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.referral.app import build
from services.referral.fhir import api, schemas, systems
from services.referral.settings import Settings
from shared.contracts import consent
from shared.ids import new_id
from shared.settings import KafkaSettings
from tests.integration.referral.conftest import SCOPES, Service
from tests.integration.referral.fhir_examples.examples import BUNDLES, REQUESTS, Example
from tests.integration.referral.test_following import (
    NOW,
    TEAM,
    accepted,
    case_of,
    closed,
    contacted,
    deliver,
)
from tests.support import fhir
from tests.support.bodies import IDENTITY_CODES, new_key, referral_body
from tests.support.databases import Databases
from tests.support.deeper import examples
from tests.support.partners import register_partners
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import token_mint

BASE = "/fhir/r4"
FHIR = {"Content-Type": "application/fhir+json"}
NOBODYS = "01980000-0000-7000-8000-00000000ffff"


@pytest.fixture(scope="module")
async def standing(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[Service]:
    """A service that the tests of this module share: for what leaves no trace, or one of its
    own."""
    address = await postgres.fresh("referral")
    async with token_mint() as mint:
        settings = settings_for(Settings, address, kafka=kafka, issuer=mint.url)
        async with (
            served(build(settings)) as url,
            httpx.AsyncClient(base_url=url, timeout=30) as http,
        ):
            partners = await register_partners(url, mint.token("partners:admin"))
            yield Service(http, mint, settings, partners)


async def post(
    service: Service, kind: str, resource: Any, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Posts a resource as a partner of this kind, to where its type is taken."""
    is_bundle = isinstance(resource, dict) and resource.get("resourceType") == "Bundle"
    sent = service.sender(kind) | FHIR | dict(headers or {})
    path = BASE if is_bundle else f"{BASE}/ServiceRequest"
    return await service.http.post(path, content=json.dumps(resource), headers=sent)


async def get(service: Service, kind: str, path: str, **query: str) -> httpx.Response:
    """Reads as a partner of this kind."""
    return await service.http.get(f"{BASE}/{path}", params=query, headers=service.sender(kind))


def issues(answer: httpx.Response) -> set[tuple[str, str]]:
    """Place and type of every issue of an OperationOutcome, which must be a valid one."""
    assert answer.headers["content-type"] == "application/fhir+json"
    outcome = OperationOutcome.model_validate(answer.json())
    return {
        ((issue.expression or issue.location or [""])[0], str(issue.code))
        for issue in outcome.issue
    }


def request(**changes: Any) -> dict[str, Any]:
    """A ServiceRequest that is taken, under an identifier of its own."""
    return fhir.contained(referral_body(external_id=f"X-{uuid4().hex[:8]}")) | changes


async def test_the_capability_statement_needs_no_token_and_is_all_that_does_not(
    standing: Service,
) -> None:
    answer = await standing.http.get(f"{BASE}/metadata")
    assert answer.status_code == 200
    statement = CapabilityStatement.model_validate(answer.json())
    assert (statement.fhirVersion, statement.kind) == ("4.0.1", "instance")
    served_here = {
        resource.type: {interaction.code for interaction in resource.interaction}
        for resource in statement.rest[0].resource
    }
    assert served_here == {"ServiceRequest": {"create", "read"}, "Task": {"read", "search-type"}}
    for path in ("metadata/", "metadata/x", "Task", "ServiceRequest/x", "Patient", ""):
        closed_door = await standing.http.get(f"{BASE}/{path}")
        assert closed_door.status_code == 401, path
        assert issues(closed_door) == {("", "login")}, path
        assert closed_door.headers["www-authenticate"].startswith("Bearer")


async def test_a_service_request_becomes_a_referral_like_any_other(service: Service) -> None:
    answer = await post(service, "hospital_ward", schemas.REQUEST_EXAMPLE)
    assert answer.status_code == 201
    taken = ServiceRequest.model_validate(answer.json())
    assert answer.headers["location"] == f"{BASE}/ServiceRequest/{taken.id}"
    assert answer.headers["etag"] == f'W/"{taken.meta.versionId}"'
    assert taken.status == "active"
    assert taken.identifier[0].value == "L-2026-118"
    ward = service.sender("hospital_ward")
    rest = (await service.http.get(f"/v1/referrals/{taken.id}", headers=ward)).json()
    assert (rest["external_id"], rest["status"]) == ("L-2026-118", "requested")
    row = (await service.rows("SELECT * FROM referrals"))[0]
    assert (row["urgency"], row["lawful_basis"]) == ("urgent", "consent")
    assert (row["municipality"], json.loads(row["reasons"])) == ("398", ["homelessness"])
    assert (await service.rows("SELECT non_disclosure_order FROM clients"))[0][0] is True
    assert await service.count("outbox") == 2
    for hidden in ("Eero", "Esimerkki", "123 4567", "asemalla"):
        assert hidden not in answer.text


async def test_the_documented_examples_are_taken_as_they_stand(service: Service) -> None:
    document = (await service.http.get("/openapi.json")).json()
    for path, status in ((f"{BASE}/ServiceRequest", 201), (BASE, 200)):
        content = document["paths"][path]["post"]["requestBody"]["content"]
        for media_type, described in content.items():
            headers = service.sender("hospital_ward") | {"Content-Type": media_type}
            example = json.dumps(described["example"])
            answer = await service.http.post(path, content=example, headers=headers)
            assert answer.status_code == status, answer.text
    assert await service.count("referrals") == 2


async def test_a_transaction_is_answered_entry_by_entry(service: Service) -> None:
    sent = BUNDLES[0].resource
    answer = await post(service, "hospital_ward", sent)
    assert answer.status_code == 200
    response = Bundle.model_validate(answer.json())
    assert response.type == "transaction-response"
    row = (await service.rows("SELECT id, urgency, reasons FROM referrals"))[0]
    told = [(entry.response.status, entry.response.location) for entry in response.entry]
    assert told[0] == ("201 Created", f"ServiceRequest/{row['id']}")
    assert told[6] == ("201 Created", f"Task/{row['id']}")
    assert set(told[1:6]) == {("200 OK", None)}
    assert json.loads(row["reasons"]) == ["homelessness", "housing_loss_risk"]
    again = await post(service, "hospital_ward", sent)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["entry"][0]["response"] == answer.json()["entry"][0]["response"]
    assert await service.count("referrals") == 1


async def test_a_message_is_answered_by_a_message(standing: Service) -> None:
    entries = fhir.bundle_of(referral_body(external_id="M-1"))["entry"]
    sent = fhir.message(*(entry["resource"] for entry in entries))
    answer = await post(standing, "hospital_ward", sent)
    assert answer.status_code == 200
    response = Bundle.model_validate(answer.json())
    header, about, task = (entry.resource for entry in response.entry)
    assert (response.type, header.response.code) == ("message", "ok")
    assert header.response.identifier == "44444444-4444-4444-8444-444444444444"
    assert header.focus[0].reference == f"ServiceRequest/{about.id}"
    assert task.focus.reference == f"ServiceRequest/{about.id}"


@pytest.mark.parametrize(
    ("prefer", "what"),
    [
        (None, "ServiceRequest"),
        ("return=representation", "ServiceRequest"),
        ("handling=lenient; return=minimal", None),
        ("return=OperationOutcome", "OperationOutcome"),
        ("return=surprise", "ServiceRequest"),
    ],
)
async def test_a_sender_says_what_it_wants_back(
    standing: Service, prefer: str | None, what: str | None
) -> None:
    sent = request(authoredOn="2026-11-22")
    answer = await post(standing, "prison", sent, {"Prefer": prefer} if prefer else None)
    assert answer.status_code == 201
    assert answer.headers["location"].startswith(f"{BASE}/ServiceRequest/")
    assert answer.headers["etag"].startswith("W/")
    if what is None:
        assert answer.content == b""
    else:
        assert answer.json()["resourceType"] == what
    if what == "OperationOutcome":
        assert issues(answer) == {("ServiceRequest.authoredOn", "informational")}


async def test_a_bundle_tells_what_was_not_kept_and_nothing_when_asked_for_nothing(
    standing: Service,
) -> None:
    sent = fhir.bundle_of(referral_body(external_id="B-1"), authoredOn="2026-11-22")
    told = await post(standing, "prison", sent, {"Prefer": "return=OperationOutcome"})
    assert issues(told) == {("Bundle.entry[0].resource.authoredOn", "informational")}
    minimal = await post(standing, "prison", sent, {"Prefer": "return=minimal"})
    assert all("resource" not in entry for entry in minimal.json()["entry"])


async def test_without_a_key_a_request_is_taken_once_under_its_own_identifier(
    service: Service,
) -> None:
    sent = request()
    answers = await asyncio.gather(*(post(service, "prison", sent) for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    again = await post(service, "prison", sent)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    other = await post(service, "prison", sent | {"priority": "routine"})
    assert (other.status_code, issues(other)) == (409, {("", "duplicate")})
    assert await service.count("referrals") == 1
    by_another = await post(service, "landlord", sent)
    assert by_another.status_code == 201


async def test_the_same_request_again_under_another_key_is_the_same_referral(
    standing: Service,
) -> None:
    sent = request()
    first = await post(standing, "prison", sent, new_key())
    second = await post(standing, "prison", sent, new_key())
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.headers["location"] == first.headers["location"]


async def test_a_bundles_identifier_stands_for_the_key(service: Service) -> None:
    sent = fhir.bundle_of(referral_body()) | {"identifier": {"system": "urn:x", "value": "1"}}
    assert (await post(service, "prison", sent)).status_code == 200
    assert (await post(service, "prison", sent)).headers["idempotency-replayed"] == "true"
    sent["entry"][0]["resource"]["priority"] = "routine"
    other = await post(service, "prison", sent)
    assert (other.status_code, issues(other)) == (422, {("", "duplicate")})
    assert await service.count("referrals") == 1


async def test_without_any_identifier_a_key_is_asked_for(service: Service) -> None:
    sent = fhir.contained(referral_body())
    answer = await post(service, "prison", sent)
    assert answer.status_code == 400
    assert issues(answer) == {("ServiceRequest.identifier", "required")}
    assert (await post(service, "prison", sent, new_key())).status_code == 201


async def test_rest_and_fhir_are_one_pipeline(standing: Service) -> None:
    body = referral_body(external_id="ONE-1")
    by_rest = await standing.post("prison", body)
    by_fhir = await post(standing, "prison", fhir.bundle_of(body))
    assert by_fhir.status_code == 200
    location = by_fhir.json()["entry"][0]["response"]["location"]
    assert location == f"ServiceRequest/{by_rest.json()['id']}"


@pytest.mark.parametrize("form", ["ServiceRequest/{id}", "{id}", "{base}/ServiceRequest/{id}"])
async def test_the_task_of_a_referral_is_found_by_its_focus(standing: Service, form: str) -> None:
    sent = (await post(standing, "prison", request())).json()
    base = f"{str(standing.http.base_url).rstrip('/')}{BASE}"
    focus = form.format(id=sent["id"], base=base)
    found = Bundle.model_validate((await get(standing, "prison", "Task", focus=focus)).json())
    assert (found.type, found.total) == ("searchset", 1)
    assert found.entry[0].fullUrl == f"{base}/Task/{sent['id']}"
    assert found.entry[0].resource.focus.reference == f"ServiceRequest/{sent['id']}"
    by_id = await get(standing, "prison", f"Task/{sent['id']}")
    assert by_id.json() == json.loads(found.entry[0].resource.model_dump_json())


@pytest.mark.parametrize(
    "focus",
    [NOBODYS, f"ServiceRequest/{NOBODYS}", f"Patient/{NOBODYS}", "x", "", "131052-308T",
     f"https://elsewhere.example/fhir/ServiceRequest/{NOBODYS}"],
)  # fmt: skip
async def test_a_search_for_what_is_not_there_finds_nothing_and_echoes_nothing(
    standing: Service, focus: str
) -> None:
    answer = await get(standing, "prison", "Task", focus=focus)
    assert answer.status_code == 200
    found = Bundle.model_validate(answer.json())
    assert (found.total, found.entry) == (0, None)
    assert "131052" not in answer.text


async def test_another_partners_referral_is_as_if_it_were_not(standing: Service) -> None:
    sent = (await post(standing, "prison", request())).json()["id"]
    for path in ("ServiceRequest", "Task"):
        other = await get(standing, "hospital_ward", f"{path}/{sent}")
        nowhere = await get(standing, "hospital_ward", f"{path}/{NOBODYS}")
        assert (other.status_code, nowhere.status_code) == (404, 404)
        assert issues(other) == issues(nowhere) == {("", "not-found")}
        assert other.json() | {"id": 0} == nowhere.json() | {"id": 0}
    found = await get(standing, "hospital_ward", "Task", focus=sent)
    assert found.json()["total"] == 0


async def test_every_read_is_logged(service: Service) -> None:
    sent = (await post(service, "prison", request())).json()["id"]
    await get(service, "prison", f"ServiceRequest/{sent}")
    await get(service, "prison", f"Task/{sent}")
    await get(service, "prison", "Task", focus=sent)
    await get(service, "landlord", "Task", focus=sent)
    rows = await service.rows("SELECT actor FROM audit WHERE action = 'referral.read'")
    assert [row["actor"] for row in rows] == ["prison"] * 3


async def seen(service: Service, kind: str, referral_id: str) -> tuple[Any, Any]:
    """What REST shows, and what Task shows, of the same four things."""
    headers = service.sender(kind)
    rest = (await service.http.get(f"/v1/referrals/{referral_id}", headers=headers)).json()
    task = Task.model_validate((await get(service, kind, f"Task/{referral_id}")).json())
    status = task.businessStatus
    shown = (
        task.status,
        status.coding[0].code if status else None,
        task.owner.identifier.value if task.owner else None,
        task.restriction.period.end.isoformat() if task.restriction else None,
    )
    due = rest["contact_due_at"]
    told = (
        rest["status"],
        rest["business_status"],
        rest["team"],
        due.replace("Z", "+00:00") if due else None,
    )
    return told, shown


@pytest.mark.parametrize(
    ("kind", "basis", "last"),
    [
        ("hospital_ward", "consent", ("completed", "ended", str(TEAM))),
        ("prison", "duty_to_notify", ("completed", None, None)),
        ("landlord", "consent", ("requested", None, None)),
    ],
)
async def test_fhir_tells_what_rest_tells_at_every_step(
    standing: Service, kind: str, basis: str, last: tuple[str, str | None, str | None]
) -> None:
    body = referral_body(external_id="W-1", lawful_basis=basis, no_consent_reason="Huoli")
    sent = (await post(standing, kind, fhir.contained(body))).json()["id"]
    case = await case_of(standing, sent)
    for event in (accepted(case), contacted(case), closed(case)):
        await deliver(standing, event)
        told, shown = await seen(standing, kind, sent)
        assert told == shown
    assert shown[:3] == last


async def landlords_view(service: Service, referral_id: str) -> list[tuple[str, dict[str, str]]]:
    """Everything a landlord can read of its referral: bodies and headers."""
    paths = (f"ServiceRequest/{referral_id}", f"Task/{referral_id}", f"Task?focus={referral_id}")
    answers = [
        await service.http.get(f"{BASE}/{path}", headers=service.sender("landlord"))
        for path in paths
    ]
    varying = {
        "date",
        "traceresponse",
        "ratelimit",
        "ratelimit-policy",
        "access-control-expose-headers",
    }
    return [
        (
            answer.text,
            {
                name: value
                for name, value in answer.headers.items()
                if name not in varying and not name.startswith("x-ratelimit")
            },
        )
        for answer in answers
    ]


async def test_a_landlord_reads_the_same_to_the_byte_whatever_happens(standing: Service) -> None:
    sent = (await post(standing, "landlord", request())).json()["id"]
    case = await case_of(standing, sent)
    before = await landlords_view(standing, sent)
    for event in (accepted(case), contacted(case), closed(case)):
        await deliver(standing, event)
        assert await landlords_view(standing, sent) == before


async def test_a_landlord_learns_what_the_client_consented_to_tell(standing: Service) -> None:
    sent = (await post(standing, "landlord", request())).json()["id"]
    case = await case_of(standing, sent)
    told = consent.ConsentGiven(
        aggregate_id=new_id(),
        version=1,
        occurred_at=NOW,
        client_ref=case["client_ref"],
        direction="to_partner",
        partner_id=standing.partners["landlord"],
        facts=("contacted",),
        valid_from=NOW.replace(year=2020),
    )
    await deliver(standing, told, accepted(case), contacted(case))
    task = (await get(standing, "landlord", f"Task/{sent}")).json()
    assert task["status"] == "requested"
    coding = {"system": systems.BUSINESS_STATUS, "code": "contacted"}
    assert task["businessStatus"] == {"coding": [coding]}


async def test_a_known_person_is_taken_like_an_unknown_one(service: Service) -> None:
    known = {"identity_code": IDENTITY_CODES[0]}
    await service.post("hospital_ward", referral_body(client=known))
    shapes = []
    for code in IDENTITY_CODES[:2]:
        body = referral_body(external_id=f"K-{code[:2]}", client={"identity_code": code})
        answer = await post(service, "landlord", fhir.contained(body))
        taken = answer.json()
        for varying in ("id", "identifier", "authoredOn", "meta"):
            taken.pop(varying)
        names = sorted(name for name in answer.headers if name != "traceresponse")
        shapes.append((answer.status_code, taken, names))
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "status", "expected"),
    [
        ("POST", "/ServiceRequest", b"{", {}, 400, ("", "structure")),
        ("POST", "/ServiceRequest", b"\xff\xfe", {}, 400, ("", "structure")),
        ("POST", "/ServiceRequest", b"[]", {}, 400, ("", "structure")),
        ("POST", "", b"{}", {}, 400, ("", "structure")),
        ("POST", "", b"[" * 5000, {}, 400, ("", "too-costly")),
        ("POST", "/ServiceRequest", b"<a/>", {"Content-Type": "application/fhir+xml"}, 415,
         ("", "not-supported")),
        ("POST", "/ServiceRequest", b"{}", {"Content-Type": "text/plain"}, 415,
         ("", "not-supported")),
        ("POST", "", b"{}", {"Content-Type": "application/fhir+json; fhirVersion=5.0"}, 415,
         ("", "not-supported")),
        ("POST", "/ServiceRequest", b"x" * 300_000, {}, 413, ("", "too-long")),
        ("POST", "", b"x" * 5_100_000, {}, 413, ("", "too-long")),
        ("POST", "/ServiceRequest", b"{}", {"If-None-Exist": "identifier=1"}, 422,
         ("http.If-None-Exist", "not-supported")),
        ("GET", "/Task?focus=x", b"", {"Accept": "application/fhir+xml"}, 406,
         ("", "not-supported")),
        ("GET", "/metadata?_format=xml", b"", {}, 406, ("", "not-supported")),
        ("GET", "/metadata", b"", {"Accept": "text/turtle, application/json;q=0"}, 406,
         ("", "not-supported")),
        ("GET", "/Task", b"", {}, 422, ("http.focus", "required")),
        ("GET", f"/Task?focus={'x' * 400}", b"", {}, 422, ("http.focus", "too-long")),
        ("GET", "/ServiceRequest/no-uuid", b"", {}, 404, ("", "not-found")),
        ("GET", "/Patient/1", b"", {}, 404, ("", "not-found")),
        ("GET", "", b"", {}, 405, ("", "not-supported")),
        ("GET", "/ServiceRequest", b"", {}, 405, ("", "not-supported")),
        ("DELETE", "/ServiceRequest/1", b"", {}, 405, ("", "not-supported")),
        ("PUT", "/Task/1", b"{}", {}, 405, ("", "not-supported")),
    ],
)  # fmt: skip
async def test_every_error_is_an_operation_outcome(
    standing: Service,
    method: str,
    path: str,
    content: bytes,
    headers: dict[str, str],
    status: int,
    expected: tuple[str, str],
) -> None:
    before = await standing.count("referrals")
    sent = standing.sender("prison") | FHIR | headers
    url = f"{BASE}{path}"
    answer = await standing.http.request(method, url, content=content, headers=sent)
    assert (answer.status_code, issues(answer)) == (status, {expected})
    if status == 405:
        assert answer.headers["allow"]
    assert await standing.count("referrals") == before


@pytest.mark.parametrize(
    ("scope", "org", "code"),
    [
        ("referrals:read", None, "insufficient_scope"),
        (SCOPES, None, "not_a_partner"),
        (SCOPES, NOBODYS, "not_a_partner"),
    ],
)
async def test_who_may_not_is_told_in_fhir(
    standing: Service, scope: str, org: str | None, code: str
) -> None:
    headers = standing.mint.headers(scope, org=org)
    answer = await post(standing, "prison", request(), headers)
    assert (answer.status_code, issues(answer)) == (403, {("", "forbidden")})
    coding = answer.json()["issue"][0]["details"]["coding"][0]
    assert coding == {"system": "urn:nopsa:fhir:CodeSystem:problem", "code": code}


async def test_a_failure_inside_tells_nothing_of_it(
    standing: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> Any:
        raise RuntimeError("secret 131052-308T")

    monkeypatch.setattr(api, "read_referral", fail)
    answer = await get(standing, "prison", f"Task/{NOBODYS}")
    assert (answer.status_code, issues(answer)) == (500, {("", "exception")})
    assert "secret" not in answer.text
    trace = answer.headers["traceresponse"].split("-")[1]
    assert answer.json()["id"] == trace


async def test_too_many_requests_and_no_issuer_are_told_in_fhir(standing: Service) -> None:
    database = standing.settings.database_url.get_secret_value()
    kafka, issuer = standing.settings.kafka, standing.settings.issuer
    strict = settings_for(
        Settings, database, kafka=kafka, issuer=issuer, rate_per_minute=1, rate_burst=1
    )
    async with served(build(strict)) as url, httpx.AsyncClient(base_url=url) as http:
        headers = standing.sender("prison")
        assert (await http.get(f"{BASE}/Task?focus=x", headers=headers)).status_code == 200
        limited = await http.get(f"{BASE}/Task?focus=x", headers=headers)
        assert (limited.status_code, issues(limited)) == (429, {("", "throttled")})
        assert int(limited.headers["retry-after"]) > 0
    lonely = settings_for(Settings, database, kafka=kafka)
    async with served(build(lonely)) as url, httpx.AsyncClient(base_url=url) as http:
        unavailable = await http.get(f"{BASE}/Task?focus=x", headers=headers)
        assert (unavailable.status_code, issues(unavailable)) == (503, {("", "transient")})


async def test_a_bundle_may_be_large_where_it_is_not_read(standing: Service) -> None:
    sent = fhir.bundle_of(referral_body(external_id="BIG-1"))
    photo = {"contentType": "image/jpeg", "data": "QUJD" * 1_000_000}
    sent["entry"][1]["resource"]["photo"] = [photo]
    assert (await post(standing, "prison", sent)).status_code == 200
    small = request()
    small["contained"][0]["photo"] = [photo]
    assert (await post(standing, "prison", small)).status_code == 413


async def test_what_is_refused_is_not_echoed_and_not_stored(service: Service) -> None:
    sent = request(priority="131052-308T", note=[{"text": 7}])
    sent["Matti Meikäläinen"] = "matti@example.fi"
    sent["contained"][0]["gender"] = "131052-308T"
    answer = await post(service, "prison", sent)
    assert answer.status_code == 400
    assert issues(answer) >= {("ServiceRequest.contained[0].gender", "code-invalid")}
    for private in ("131052", "Matti", "example.fi"):
        assert private not in answer.text
    for table in ("referrals", "clients", "outbox", "idempotency"):
        assert await service.count(table) == 0


@pytest.mark.parametrize("example", [*REQUESTS, *BUNDLES], ids=str)
async def test_published_examples_are_taken_or_refused_with_the_right_reason(
    standing: Service, example: Example
) -> None:
    before = await standing.count("referrals")
    answer = await post(standing, "hospital_ward", example.resource)
    is_bundle = example.resource["resourceType"] == "Bundle"
    assert answer.status_code == (example.status or (200 if is_bundle else 201)), answer.text
    assert await standing.count("referrals") - before == (0 if example.status else 1)
    if example.status:
        assert example.issues <= issues(answer)


@pytest.mark.fuzz_too
async def test_whatever_is_changed_in_a_bundle_the_answer_is_never_5xx(standing: Service) -> None:
    loop = asyncio.get_running_loop()
    values = (
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({})
    )

    @hypothesis_settings(
        max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.integers(0, 200), values)
    def change(place: int, value: Any) -> None:
        sent = json.loads(json.dumps(BUNDLES[0].resource))
        places = list(places_in(sent))
        holder, key = places[place % len(places)]
        holder[key] = value
        posted = asyncio.run_coroutine_threadsafe(post(standing, "prison", sent, new_key()), loop)
        answer = posted.result(timeout=30)
        assert answer.status_code in (200, 400, 409, 422), answer.text
        if answer.status_code != 200:
            assert issues(answer)

    await asyncio.to_thread(change)


def places_in(value: Any) -> Any:
    """Every holder and key in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places_in(inner)
