"""Documents for the two records: written, announced as the consents allow, read, confirmed."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.consent.conftest import Service
from tests.integration.consent.office import OTHER, TEXT, Office

DIRECTION_FROM = {"social": "social_to_health", "health": "health_to_social"}


@pytest.fixture
def office(service: Service) -> Office:
    return Office(service, str(uuid4()))


@pytest.mark.parametrize("own", ["social", "health"])
async def test_without_consent_only_the_record_it_was_written_in_is_told(
    office: Office, own: str
) -> None:
    document = await office.write(written_in=own)
    assert (await office.words(own), await office.words(OTHER[own])) == (["document-ready"], [])
    assert (await office.read(own, document["id"])).status_code == 200
    assert (await office.read(OTHER[own], document["id"])).status_code == 404
    assert (await office.look(document["id"], office.record(OTHER[own]))).status_code == 404
    await office.confirm(own, document["id"])
    assert await office.state(document["id"]) == "stored"


@pytest.mark.parametrize("own", ["social", "health"])
async def test_with_a_consent_in_its_direction_both_are_told_and_both_must_confirm(
    office: Office, own: str
) -> None:
    await office.permit(DIRECTION_FROM[own])
    document = await office.write(written_in=own)
    assert document["state"] == "pending"
    assert document["stored"] == {"social": None, "health": None}
    [(word, data)] = await office.told(f"nopsa.record.{OTHER[own]}.v1")
    assert word == "document-ready"
    assert data == {
        "aggregate_id": document["id"],
        "version": 2,
        "occurred_at": data["occurred_at"],
        "client_ref": office.client_ref,
        "kind": "joint_plan",
        "document_version": 1,
        "written_in": own,
        "media_type": "text/plain",
        "sha256": sha256(TEXT.encode()).hexdigest(),
        "detail_url": f"/v1/documents/{document['id']}/content",
    }
    states = []
    for record in ("health", "social"):
        read = await office.read(record, document["id"])
        assert read.text == TEXT
        assert (read.headers["document-version"], read.headers["cache-control"]) == (
            "1",
            "no-store",
        )
        await office.confirm(record, document["id"])
        states.append(await office.state(document["id"]))
    assert states == ["half_stored", "stored_in_both"]
    shown = (await office.look(document["id"])).json()
    assert shown["stored"]["social"]["record_id"] == "SOC-1"
    assert (shown["due_at"], shown["overdue_at"]) == (None, None)
    assert await office.statuses() == ["stored", "stored", "stored-in-both"]


async def test_a_consent_of_the_other_direction_is_none(office: Office) -> None:
    await office.permit("health_to_social")
    await office.write(written_in="social")
    assert await office.words("health") == []


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        ([{"organisation": "health", "data_classes": ["joint_plan"]}], True),
        ([{"organisation": "health", "data_classes": ["handover_summary"]}], False),
        ([{"organisation": "1.2.246.10.1", "data_classes": ["joint_plan"]}], False),
    ],
)
async def test_a_targeted_consent_names_the_record_and_the_kind(
    office: Office, targets: list[dict[str, Any]], told: bool
) -> None:
    await office.permit(scope={"targets": targets})
    await office.write()
    assert await office.words("health") == (["document-ready"] if told else [])


async def test_a_form_goes_into_both_records_whatever_it_permits(office: Office) -> None:
    await office.write(kind="consent_form", written_in="social")
    assert await office.words("health") == []
    targets = [{"organisation": "1.2.246.10.1", "data_classes": ["joint_plan"]}]
    await office.permit("health_to_social", scope={"targets": targets})
    await office.write(kind="consent_form", written_in="social")
    assert await office.words("health") == ["document-ready"]
    assert await office.words("social") == ["document-ready"] * 2


async def test_a_pdf_comes_back_as_it_was(office: Office) -> None:
    pdf = b"%PDF-1.7\n\x00\xff made up"
    sent = base64.b64encode(pdf).decode()
    document = await office.write(media_type="application/pdf", content=sent)
    read = await office.read("social", document["id"])
    assert (read.content, read.headers["content-type"]) == (pdf, "application/pdf")
    digest = base64.b64encode(sha256(pdf).digest()).decode()
    assert read.headers["repr-digest"] == f"sha-256=:{digest}:"


async def test_the_text_is_nowhere_in_the_clear(office: Office) -> None:
    await office.post("", office.body(), **{"Idempotency-Key": "once"})
    for table in ("document_texts", "documents", "idempotency", "outbox", "audit"):
        for row in await office.service.rows(f"SELECT {table}::text AS told FROM {table}"):
            assert "asuntohakemus" not in row["told"]
            assert b"asuntohakemus".hex() not in row["told"]


async def test_the_same_request_again_writes_once(office: Office) -> None:
    first = await office.post("", office.body(), **{"Idempotency-Key": "k"})
    again = await office.post("", office.body(), **{"Idempotency-Key": "k"})
    assert first.json() == again.json()
    assert await office.words("social") == ["document-ready"]
    other = await office.post("", office.body(content="x"), **{"Idempotency-Key": "k"})
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_new_text_is_due_in_both_anew(office: Office) -> None:
    await office.permit()
    document = await office.write()
    for record in ("social", "health"):
        await office.confirm(record, document["id"])
    again = await office.rewrite(document["id"])
    assert (again["version"], again["state"]) == (2, "pending")
    assert (await office.read("health", document["id"])).text == "Uusi suunnitelma."
    assert await office.words("health") == ["document-ready"] * 2
    stale = await office.post(
        f"/{document['id']}/versions", {"content": "x"}, etag=document["etag"]
    )
    assert stale.json()["code"] == "precondition_failed"
    missing = await office.post(f"/{document['id']}/versions", {"content": "x"})
    assert missing.json()["code"] == "precondition_required"


async def test_a_receipt_twice_is_answered_the_same_and_counts_once(office: Office) -> None:
    await office.permit()
    document = await office.write()
    sent = {"stored_at": datetime.now(UTC).isoformat()}
    first = await office.confirm("health", document["id"], **sent)
    await office.confirm("social", document["id"])
    again = await office.confirm("health", document["id"], **sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert await office.statuses() == ["stored", "stored", "stored-in-both"]


async def test_another_id_for_the_same_text_is_a_conflict_until_it_is_written_anew(
    office: Office,
) -> None:
    await office.permit()
    document = await office.write()
    await office.confirm("health", document["id"])
    for _ in range(2):
        second = await office.confirm("health", document["id"], record_id="HEA-2")
        assert (second.status_code, second.json()["code"]) == (409, "receipt_conflict")
    await office.confirm("social", document["id"])
    assert await office.state(document["id"]) == "conflict"
    assert await office.statuses() == ["stored", "conflict", "stored"]
    await office.rewrite(document["id"])
    for record in ("social", "health"):
        await office.confirm(record, document["id"])
    assert await office.state(document["id"]) == "stored_in_both"


async def test_a_forged_receipt_confirms_nothing(office: Office) -> None:
    await office.permit()
    document = await office.write()
    forged = await office.confirm("social", document["id"], by="health")
    assert (forged.status_code, forged.json()["code"]) == (403, "not_a_record_system")
    partner = await office.service.http.post(
        f"/v1/documents/{document['id']}/receipts",
        json={"record": "social", "record_id": "X", "stored_at": "2026-03-02T08:00:00Z"},
        headers=office.service.mint.headers("records:receipt", org=str(uuid4())),
    )
    assert partner.status_code == 403
    assert await office.state(document["id"]) == "pending"
    assert await office.statuses() == []


async def test_a_receipt_for_what_the_record_was_never_told_of_is_not_found(
    office: Office,
) -> None:
    document = await office.write(written_in="social")
    assert (await office.confirm("health", document["id"])).status_code == 404
    assert (await office.confirm("health", str(uuid4()))).status_code == 404


async def test_a_late_receipt_for_an_old_text_confirms_nothing(office: Office) -> None:
    document = await office.write()
    await office.read("social", document["id"])
    await office.rewrite(document["id"])
    late = await office.confirm("social", document["id"])
    assert (late.json()["outcome"], late.json()["version"]) == ("superseded", 1)
    assert await office.state(document["id"]) == "pending"
    ahead = await office.confirm("social", document["id"], version=3)
    assert ahead.json()["errors"][0]["code"] == "version_unknown"
    await office.confirm("social", document["id"], version=2)
    assert await office.state(document["id"]) == "stored"


async def test_an_old_receipt_sent_again_never_confirms_a_newer_text(office: Office) -> None:
    document = await office.write()
    sent = {"stored_at": datetime.now(UTC).isoformat()}
    await office.read("social", document["id"])
    await office.confirm("social", document["id"], **sent)
    await office.rewrite(document["id"])
    await office.read("social", document["id"])
    again = await office.confirm("social", document["id"], **sent)
    assert again.json()["version"] == 1
    assert await office.state(document["id"]) == "pending"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "diary"}, "/kind"),
        ({"written_in": "police"}, "/written_in"),
        ({"content": ""}, "/content"),
        ({"content": "a\x00b"}, "/content"),
        ({"media_type": "text/html"}, "/media_type"),
        ({"media_type": "application/pdf"}, ""),
        ({"title": "x"}, "/title"),
        ({"client_ref": "010190-900R"}, "/client_ref"),
    ],
)
async def test_what_is_no_document_is_refused(
    office: Office, changes: dict[str, Any], pointer: str
) -> None:
    refused = await office.post("", office.body(**changes))
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert "900R" not in refused.text


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"record_id": "010190-900R"}, "/record_id"),
        ({"record_id": "two words"}, "/record_id"),
        ({"stored_at": "2199-01-01T00:00:00Z"}, "/stored_at"),
        ({"version": 0}, "/version"),
    ],
)
async def test_what_is_no_receipt_is_refused(
    office: Office, changes: dict[str, Any], pointer: str
) -> None:
    document = await office.write()
    refused = await office.confirm("social", document["id"], **changes)
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_documents_are_listed_by_state_and_client_and_record_systems_see_their_own(
    office: Office,
) -> None:
    kept = await office.write()
    await office.permit()
    half = await office.write()
    await office.confirm("health", half["id"])
    http, url = office.service.http, "/v1/documents"
    found = await http.get(url, params={"state": "half_stored"}, headers=office.worker())
    assert [item["id"] for item in found.json()["items"]] == [half["id"]]
    query = {"client_ref": office.client_ref, "limit": "1"}
    page = (await http.get(url, params=query, headers=office.worker())).json()
    assert [item["id"] for item in page["items"]] == [half["id"]]
    rest = await http.get(url, params=query | {"cursor": page["next"]}, headers=office.worker())
    assert [item["id"] for item in rest.json()["items"]] == [kept["id"]]
    theirs = (await http.get(url, headers=office.record("health"))).json()["items"]
    assert [item["id"] for item in theirs] == [half["id"]]


async def test_every_telling_and_every_reading_is_logged_with_its_basis(office: Office) -> None:
    await office.permit()
    document = await office.write()
    await office.read("health", document["id"])
    await office.look(document["id"])
    rows = await office.service.rows(
        "SELECT action, actor, actor_org, basis FROM audit WHERE subject_id = $1 ORDER BY id",
        document["id"],
    )
    assert [(row["action"], row["actor"], row["basis"]) for row in rows] == [
        ("document.write", "worker", None),
        ("document.announce", "nopsa-consent", "own_record"),
        ("document.announce", "nopsa-consent", "consent"),
        ("document.read", "lifecare-health", "consent"),
        ("document.look", "worker", None),
    ]
    assert [row["actor_org"] for row in rows[1:4]] == ["social", "health", "health"]


async def test_a_worker_reads_in_the_record_and_not_here(office: Office) -> None:
    document = await office.write()
    url = f"/v1/documents/{document['id']}/content"
    refused = await office.service.http.get(url, headers=office.worker())
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_record_system")
    unscoped = await office.service.http.get(url, headers=office.service.caller())
    assert unscoped.json()["code"] == "insufficient_scope"


async def test_receipts_at_once_from_both_make_one_whole(office: Office) -> None:
    await office.permit()
    documents = [await office.write() for _ in range(5)]
    await asyncio.gather(
        *(
            office.confirm(record, document["id"])
            for document in documents
            for record in ("social", "health")
        )
    )
    assert {await office.state(document["id"]) for document in documents} == {"stored_in_both"}
    assert (await office.statuses()).count("stored-in-both") == 5


async def test_a_period_that_ends_is_known_when_it_is_told(office: Office) -> None:
    ends = datetime.now(UTC) + timedelta(days=1)
    await office.permit(valid_to=ends.isoformat())
    document = await office.write()
    [row] = await office.service.rows(
        "SELECT permitted_until FROM document_copies WHERE record = 'health'"
    )
    assert row["permitted_until"] == ends
    assert document["told"]["health"]["withdrawn_at"] is None
