"""Taking referrals in: what is stored, what is answered, what a repeat does."""

import asyncio
import json
from typing import Any

import pytest

from tests.integration.referral.conftest import Service
from tests.support.bodies import IDENTITY_CODES, new_key, referral_body


async def test_a_referral_is_taken_with_a_receipt_an_audit_row_and_its_events(
    service: Service,
) -> None:
    answer = await service.post("prison", referral_body(external_id="P-1"))
    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt["status"] == "requested"
    assert receipt["external_id"] == "P-1"
    assert answer.headers["location"] == f"/v1/referrals/{receipt['id']}"
    assert answer.headers["traceresponse"]
    stored = await service.rows("SELECT * FROM referrals")
    assert [str(row["id"]) for row in stored] == [receipt["id"]]
    types = [
        dict(json.loads(row["headers"]))["ce_type"]
        for row in await service.rows("SELECT headers FROM outbox ORDER BY id")
    ]
    assert types == ["nopsa.client.registered.v1", "nopsa.referral.received.v1"]
    audit = await service.rows("SELECT * FROM audit WHERE action = 'referral.submit'")
    assert [str(row["subject_id"]) for row in audit] == [receipt["id"]]


async def test_nothing_identifying_is_stored_in_the_clear_or_sent(service: Service) -> None:
    body = referral_body(
        client={"identity_code": IDENTITY_CODES[0], "whereabouts": "Rautatieasema"},
        narrative="Nukkuu asemalla",
    )
    await service.post("prison", body)
    dump = ""
    for table in ("referrals", "clients", "outbox", "audit", "idempotency"):
        for row in await service.rows(f"SELECT * FROM {table}"):
            dump += " ".join(_readable(value) for value in row.values())
    for secret in (IDENTITY_CODES[0], "Henkilö", "Testi", "123 4567", "Rautatieasema", "Nukkuu"):
        assert secret not in dump


def _readable(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


async def test_the_same_identity_code_is_the_same_person_and_no_code_is_a_new_one(
    service: Service,
) -> None:
    coded = referral_body(client={"identity_code": IDENTITY_CODES[0]})
    same = referral_body(client={"identity_code": IDENTITY_CODES[0].lower()})
    await service.post("prison", coded)
    await service.post("hospital_ward", same)
    await service.post("prison", referral_body())
    await service.post("prison", referral_body())
    assert await service.count("clients") == 3
    refs = await service.rows("SELECT client_ref FROM referrals ORDER BY id")
    assert refs[0] == refs[1]


async def test_simultaneous_referrals_of_one_new_person_register_them_once(
    service: Service,
) -> None:
    body = referral_body(client={"identity_code": IDENTITY_CODES[1]})
    answers = await asyncio.gather(*(service.post("prison", body) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert await service.count("clients") == 1
    registered = await service.rows("SELECT 1 FROM outbox WHERE topic = 'nopsa.client.v1'")
    assert len(registered) == 1


async def test_a_repeat_with_the_same_key_gets_the_first_answer_to_the_letter(
    service: Service,
) -> None:
    key = new_key()
    first = await service.post("prison", referral_body(), key)
    again = await service.post("prison", referral_body(), key)
    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await service.count("referrals") == 1


async def test_the_same_key_with_another_body_is_refused(service: Service) -> None:
    key = new_key()
    await service.post("prison", referral_body(), key)
    other = await service.post("prison", referral_body(urgency="routine"), key)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert await service.count("referrals") == 1


async def test_a_key_belongs_to_its_caller(service: Service) -> None:
    key = new_key()
    await service.post("prison", referral_body(), key)
    other = await service.post("landlord", referral_body(urgency="routine"), key)
    assert other.status_code == 201


async def test_twenty_at_once_with_one_key_make_one_referral(service: Service) -> None:
    key = new_key()
    answers = await asyncio.gather(
        *(service.post("prison", referral_body(), key) for _ in range(20))
    )
    codes = {answer.status_code for answer in answers}
    assert codes <= {201, 409}
    assert 201 in codes
    assert all(
        answer.json()["code"] == "idempotency_in_progress"
        for answer in answers
        if answer.status_code == 409
    )
    assert await service.count("referrals") == 1


async def test_a_missing_key_is_asked_for(service: Service) -> None:
    answer = await service.http.post(
        "/v1/referrals", json=referral_body(), headers=service.sender("prison")
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_missing"
    assert await service.count("referrals") == 0


async def test_an_external_id_is_taken_once_per_partner(service: Service) -> None:
    body = referral_body(external_id="X-1")
    first = await service.post("prison", body)
    same = await service.post("prison", body)
    assert (first.status_code, same.status_code) == (201, 200)
    assert same.json()["id"] == first.json()["id"]
    changed = await service.post("prison", body | {"urgency": "routine"})
    assert changed.status_code == 409
    assert changed.json()["code"] == "external_id_conflict"
    assert (await service.post("landlord", body)).status_code == 201


async def test_the_next_step_is_told_in_the_callers_language(service: Service) -> None:
    told = set()
    for language in ("fi", "sv-FI,en;q=0.5", "de, en;q=0.8, sv;q=0.1"):
        answer = await service.post("landlord", referral_body(), {"Accept-Language": language})
        told.add((answer.headers["content-language"], answer.json()["next_step"][:5]))
    assert told == {("fi", "Kiito"), ("sv", "Tack,"), ("en", "Thank")}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"urgency": "whenever"}, "/urgency", "enum"),
        ({"reasons": []}, "/reasons", "too_short"),
        ({"reasons": ["bored"]}, "/reasons/0", "enum"),
        ({"surprise": 1}, "/surprise", "extra_forbidden"),
        ({"client": {"shoe_size": 43}}, "/client/shoe_size", "extra_forbidden"),
        ({"client": {"municipality": "999"}}, "/client/municipality", "municipality_unknown"),
        ({"client": {"identity_code": "131052-308U"}}, "/client/identity_code",
         "identity_code_invalid"),
        ({"client": {"birth_date": "2050-01-01"}}, "/client/birth_date", "birth_date_impossible"),
        ({"client": {"identity_code": IDENTITY_CODES[0], "birth_date": "1991-01-01"}},
         "/client/birth_date", "birth_date_contradicts_identity_code"),
        ({"client": {"language": "suomi!"}}, "/client/language", "string_pattern_mismatch"),
        ({"client": {"phone": "call me"}}, "/client/phone", "string_pattern_mismatch"),
        ({"client": {"given_name": None, "family_name": None, "phone": None}}, "/client",
         "client_unfindable"),
        ({"client": {"given_name": "a\u0000b"}}, "/client/given_name", "control_character"),
        ({"lawful_basis": "duty_to_notify"}, "", "no_consent_reason_missing"),
        ({"external_id": "131052-308T"}, "/external_id", "identifying_value"),
        ({"narrative": "x" * 4001}, "/narrative", "string_too_long"),
        ({"leaves_institution_on": "2126-01-01"}, "/leaves_institution_on",
         "leaves_institution_on_impossible"),
        ({"housing": {"status": "at_risk", "arrears_eur": "-1"}}, "/housing/arrears_eur",
         "greater_than_equal"),
    ],
)  # fmt: skip
async def test_a_bad_field_is_pointed_at_and_nothing_is_stored(
    service: Service, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await service.post("prison", referral_body(**change))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "validation_failed"
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
    assert await service.count("referrals") == 0
    assert await service.count("idempotency") == 0
    assert await service.count("outbox") == 0


async def test_referrals_of_one_moment_share_transactions_but_nothing_else(
    service: Service,
) -> None:
    await service.post("prison", referral_body(external_id="T-0"))
    bodies = [referral_body(external_id=f"T-{nth}") for nth in range(1, 20)]
    changed = referral_body(external_id="T-0", urgency="routine")
    answers = await asyncio.gather(
        *(service.post("prison", body) for body in [*bodies[:9], changed, *bodies[9:]])
    )
    refused = answers.pop(9)
    assert (refused.status_code, refused.json()["code"]) == (409, "external_id_conflict")
    assert [answer.status_code for answer in answers] == [201] * 19
    traces = {
        answer.json()["id"]: answer.headers["traceresponse"].split("-")[1] for answer in answers
    }
    assert len(set(traces.values())) == 19
    rows = await service.rows(
        "SELECT subject_id, trace_id FROM audit WHERE action LIKE 'referral.%'"
    )
    noted = {str(row["subject_id"]): row["trace_id"] for row in rows}
    assert {referral: noted[referral] for referral in traces} == traces
    events = [
        dict(json.loads(row["headers"])) for row in await service.rows("SELECT * FROM outbox")
    ]
    told = {
        event["ce_subject"]: event["traceparent"].split("-")[1]
        for event in events
        if event["ce_type"] == "nopsa.referral.received.v1"
    }
    assert {referral: told[referral] for referral in traces} == traces
    shared = await service.rows("SELECT count(*) FROM referrals GROUP BY xmin::text")
    assert len(shared) < 19


async def test_a_referral_that_cannot_be_kept_stops_none_that_came_with_it(
    service: Service,
) -> None:
    await service.rows("ALTER TABLE referrals ADD CHECK (external_id <> 'BAD')")
    bodies = [referral_body(external_id=name) for name in ("A", "B", "BAD", "C", "D")]
    answers = await asyncio.gather(*(service.post("prison", body) for body in bodies))
    assert [answer.status_code for answer in answers] == [201, 201, 500, 201, 201]
    stored = await service.rows("SELECT external_id FROM referrals ORDER BY external_id")
    assert [row["external_id"] for row in stored] == ["A", "B", "C", "D"]
    assert await service.count("clients") == 4
    assert await service.count("idempotency") == 4
