"""A sender amends its referral, takes it back, or says it was an error: what is changed, what is
told to whom, and what nobody can learn from an answer."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.referral.transitions import Action
from shared.contracts.codes import ReferralStatus
from tests.integration.referral.conftest import Service
from tests.integration.referral.test_following import accepted, case_of, closed, contacted, deliver
from tests.support.bodies import IDENTITY_CODES, new_key, referral_body
from tests.support.statements import statements

CANCEL = {"reason": "no_longer_needed"}
ACTS: dict[str, dict[str, Any]] = {
    "amendments": {"urgency": "immediate"},
    "cancel": CANCEL,
    "entered-in-error": {"reason": "wrong_person"},
}


async def sent(service: Service, kind: str = "hospital_ward", **changes: Any) -> str:
    """A new referral; its id."""
    answer = await service.post(kind, referral_body(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def read(service: Service, kind: str, referral_id: str) -> httpx.Response:
    return await service.http.get(f"/v1/referrals/{referral_id}", headers=service.sender(kind))


async def act(
    service: Service,
    kind: str,
    referral_id: str,
    what: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Does it as the sender would: reads the referral and sends its ETag."""
    etag = (await read(service, kind, referral_id)).headers.get("etag", "*")
    return await service.http.post(
        f"/v1/referrals/{referral_id}/{what}",
        json=ACTS[what] if body is None else body,
        headers=service.sender(kind) | {"If-Match": etag} | dict(headers or {}),
    )


async def events(service: Service, prefix: str = "nopsa.referral.") -> list[dict[str, Any]]:
    """Type, key, correlation and data of the events after the receipt."""
    found = []
    for row in await service.rows("SELECT * FROM outbox ORDER BY id"):
        headers = dict(json.loads(row["headers"]))
        if headers["ce_type"].startswith(prefix) and "received" not in headers["ce_type"]:
            common = {
                "type": headers["ce_type"],
                "key": row["key"].decode(),
                "about": headers.get("ce_correlationid"),
            }
            found.append(common | json.loads(row["value"]))
    return found


async def test_an_amendment_changes_what_it_names_and_tells_codes_alone(service: Service) -> None:
    referral_id = await sent(service, narrative="Ovi jää auki", leaves_institution_on="2026-12-01")
    answer = await act(
        service,
        "hospital_ward",
        referral_id,
        "amendments",
        {
            "urgency": "immediate",
            "reasons": ["discharge", "homelessness"],
            "client": {"phone": "+358 50 111 2222", "family_name": None},
            "housing": {"status": "outdoors", "eviction_stage": "none"},
            "narrative": None,
            "leaves_institution_on": "2026-12-08",
        },
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "requested"
    assert (
        answer.headers["etag"]
        == (await read(service, "hospital_ward", referral_id)).headers["etag"]
    )
    (told,) = await events(service)
    (row,) = await service.rows("SELECT * FROM referrals")
    assert told["type"] == "nopsa.referral.amended.v1"
    assert told["about"] == told["aggregate_id"] == referral_id
    assert told["key"] == told["client_ref"] == str(row["client_ref"])
    assert told["changed"] == [
        "urgency", "client", "housing", "reasons", "narrative", "leaves_institution_on",
    ]  # fmt: skip
    assert (told["urgency"], told["housing_status"]) == ("immediate", "outdoors")
    assert (told["reasons"], told["version"]) == (["discharge", "homelessness"], 2)
    assert told["leaves_institution_on"] == "2026-12-08"
    assert (row["urgency"], row["version"]) == ("immediate", 2)
    cipher = service.settings.cipher()
    content = cipher.decrypt_json(row["content_sealed"], f"referrals/{referral_id}")
    assert content["client"]["phone"] == "+358 50 111 2222"
    assert content["client"]["given_name"] == "Testi"
    assert "family_name" not in content["client"]
    assert "narrative" not in content
    (log,) = await service.rows("SELECT * FROM audit WHERE action = 'referral.amend'")
    assert str(log["subject_id"]) == referral_id


async def test_what_was_sent_before_is_kept_encrypted(service: Service) -> None:
    referral_id = await sent(service, narrative="Ovi jää auki")
    await act(service, "hospital_ward", referral_id, "amendments", {"narrative": "Muuttunut"})
    (kept,) = await service.rows("SELECT * FROM referral_changes")
    assert (kept["action"], json.loads(kept["fields"])) == ("amend", ["narrative"])
    assert b"auki" not in kept["content_sealed"]
    words = service.settings.cipher().decrypt_json(
        kept["content_sealed"], f"referral_changes/{kept['id']}"
    )
    assert words == {"before": {"narrative": "Ovi jää auki"}, "after": {"narrative": "Muuttunut"}}


async def test_an_amendment_that_changes_nothing_tells_nothing(service: Service) -> None:
    referral_id = await sent(service)
    answer = await act(service, "hospital_ward", referral_id, "amendments", {"urgency": "urgent"})
    assert answer.status_code == 200
    assert await events(service) == []


INCOMPLETE: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({}, "", "nothing_named"),
    ({"client": {}}, "/client", "nothing_named"),
    ({"urgency": None}, "/urgency", "enum"),
    ({"surprise": 1}, "/surprise", "extra_forbidden"),
    ({"external_id": "X"}, "/external_id", "extra_forbidden"),
    ({"client": {"municipality": "999"}}, "/client/municipality", "municipality_unknown"),
    ({"client": {"given_name": None, "family_name": None, "phone": None}}, "/client",
     "client_unfindable"),
    ({"client": {"birth_date": "2050-01-01"}}, "/client/birth_date", "birth_date_impossible"),
    ({"leaves_institution_on": "2126-01-01"}, "/leaves_institution_on",
     "leaves_institution_on_impossible"),
    ({"client": {"identity_code": "131052-308U"}}, "/client/identity_code",
     "identity_code_invalid"),
)  # fmt: skip


async def test_an_amendment_must_leave_a_whole_referral(service: Service) -> None:
    for kind in ("hospital_ward", "landlord"):
        referral_id = await sent(service, kind)
        for body, pointer, code in INCOMPLETE:
            answer = await act(service, kind, referral_id, "amendments", body)
            assert answer.status_code == 422, answer.text
            found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
            assert found == [(pointer, code)]
    assert await events(service) == []


async def test_another_identity_code_is_another_person(service: Service) -> None:
    referral_id = await sent(service, client={"identity_code": IDENTITY_CODES[0]})
    for code in (IDENTITY_CODES[1], None):
        answer = await act(
            service, "hospital_ward", referral_id, "amendments", {"client": {"identity_code": code}}
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "identity_code_cannot_change"
    same = {"client": {"identity_code": IDENTITY_CODES[0].lower()}, "urgency": "routine"}
    assert (await act(service, "hospital_ward", referral_id, "amendments", same)).status_code == 200


async def test_a_cancelled_referral_is_told_with_its_reason_and_its_text_is_encrypted(
    service: Service,
) -> None:
    referral_id = await sent(service)
    answer = await act(
        service, "hospital_ward", referral_id, "cancel", CANCEL | {"text": "Sai asunnon Lahdesta"}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    (told,) = await events(service)
    assert (told["type"], told["reason"]) == ("nopsa.referral.cancelled.v1", "no_longer_needed")
    assert (told["about"], told["version"], told["source_kind"]) == (
        referral_id, 2, "hospital_ward",
    )  # fmt: skip
    (kept,) = await service.rows("SELECT * FROM referral_changes")
    assert kept["reason"] == "no_longer_needed"
    assert b"Lahdesta" not in kept["content_sealed"]


async def test_a_cancellation_needs_a_reason_of_the_list(service: Service) -> None:
    referral_id = await sent(service)
    for body in ({}, {"reason": "bored"}, CANCEL | {"text": "x" * 501}):
        answer = await act(service, "hospital_ward", referral_id, "cancel", body)
        assert answer.status_code == 422
    assert (await act(service, "hospital_ward", referral_id, "cancel")).status_code == 200


async def test_an_error_may_be_found_when_all_is_over_and_needs_no_reason(service: Service) -> None:
    referral_id = await sent(service)
    case = await case_of(service, referral_id)
    await deliver(service, accepted(case), contacted(case), closed(case))
    etag = (await read(service, "hospital_ward", referral_id)).headers["etag"]
    answer = await service.http.post(
        f"/v1/referrals/{referral_id}/entered-in-error",
        headers=service.sender("hospital_ward") | {"If-Match": etag},
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "entered-in-error")
    (told,) = await events(service)
    assert told["type"] == "nopsa.referral.entered-in-error.v1"
    assert "reason" not in told


async def test_what_the_state_does_not_allow_is_refused_in_words_of_the_view(
    service: Service,
) -> None:
    sender = "prison"
    referral_id = await sent(
        service, sender, lawful_basis="duty_to_notify", no_consent_reason="Huoli"
    )
    await service.rows("UPDATE referrals SET status = 'failed'")
    for what in ("amendments", "cancel"):
        answer = await act(service, sender, referral_id, what)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
        assert "completed" in answer.json()["detail"]
        assert "failed" not in answer.text
    assert await events(service) == []


async def test_whatever_the_team_does_a_cancelled_referral_stays_cancelled(
    service: Service,
) -> None:
    referral_id = await sent(service)
    await act(service, "hospital_ward", referral_id, "cancel")
    case = await case_of(service, referral_id)
    await deliver(service, accepted(case), contacted(case), closed(case))
    assert (await read(service, "hospital_ward", referral_id)).json()["status"] == "cancelled"


async def test_if_match_is_the_etag_of_the_senders_own_view(service: Service) -> None:
    referral_id = await sent(service)
    path, sender = f"/v1/referrals/{referral_id}/cancel", service.sender("hospital_ward")
    read_before = (await read(service, "hospital_ward", referral_id)).headers["etag"]
    missing = await service.http.post(path, json=CANCEL, headers=sender)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    await deliver(service, accepted(await case_of(service, referral_id)))
    for stale in (read_before, '"other"', f"W/{read_before}"):
        answer = await service.http.post(path, json=CANCEL, headers=sender | {"If-Match": stale})
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    now = (await read(service, "hospital_ward", referral_id)).headers["etag"]
    listed = sender | {"If-Match": f'"other", {now}'}
    assert (await service.http.post(path, json=CANCEL, headers=listed)).status_code == 200


async def test_if_match_takes_a_star(service: Service) -> None:
    referral_id = await sent(service)
    answer = await act(service, "hospital_ward", referral_id, "cancel", CANCEL, {"If-Match": "*"})
    assert answer.status_code == 200


async def test_a_change_is_made_once_per_idempotency_key(service: Service) -> None:
    for what in ACTS:
        referral_id, key = await sent(service), new_key()
        first = await act(service, "hospital_ward", referral_id, what, headers=key)
        again = await act(service, "hospital_ward", referral_id, what, headers=key)
        assert first.status_code == again.status_code == 200
        assert again.content == first.content
        assert again.headers["idempotency-replayed"] == "true"
    assert len(await events(service)) == len(ACTS)


async def test_anothers_referral_is_not_there_and_the_scope_is_asked_for(
    service: Service,
) -> None:
    referral_id = await sent(service)
    reader = service.mint.headers("referrals:read", org=service.partners["hospital_ward"])
    for what, body in ACTS.items():
        for unknown in (referral_id, str(uuid4())):
            answer = await act(service, "prison", unknown, what)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        path = f"/v1/referrals/{referral_id}/{what}"
        answer = await service.http.post(path, json=body, headers=reader | {"If-Match": "*"})
        assert answer.status_code == 403


def _shown(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """All that a sender can see, but for the clock and the trace of each answer."""
    volatile = {"date", "traceresponse"}
    headers = {name: value for name, value in answer.headers.items() if name not in volatile}
    return answer.status_code, headers, answer.content


@pytest.mark.parametrize("what", ACTS)
async def test_whoever_may_know_nothing_is_answered_the_same_in_every_state(
    service: Service, what: str
) -> None:
    referral_id = await sent(service, "landlord")
    answers = []
    for status in ReferralStatus:
        await service.rows(
            "UPDATE referrals SET status = $1, business_status = 'support', team = $2,"
            " contact_due_at = $3, contacted_at = $3, ended_at = $3, version = version + 1,"
            " urgency = 'urgent'",
            str(status), uuid4(), datetime(2026, 11, 24, tzinfo=UTC),
        )  # fmt: skip
        answers.append(_shown(await act(service, "landlord", referral_id, what)))
        answers.append(_shown(await act(service, "landlord", referral_id, what)))
    status_code, headers, content = answers[0]
    assert status_code == 200
    assert json.loads(content)["status"] == "requested"
    assert headers["etag"] == (await read(service, "landlord", referral_id)).headers["etag"]
    assert all(answer == answers[0] for answer in answers)


async def test_a_landlords_change_costs_the_same_with_and_without_effect(service: Service) -> None:
    """One that could be refused faster would tell by the clock that the work has ended."""
    asked = []
    for status in ("requested", "completed"):
        referral_id = await sent(service, "landlord")
        await service.rows(
            "UPDATE referrals SET status = $1 WHERE id = $2", status, UUID(referral_id)
        )
        for what in ("amendments", "cancel"):
            with statements() as found:
                await act(service, "landlord", referral_id, what)
            asked.append([text.split()[:3] for text in found if "SAVEPOINT" not in text])
    assert asked[:2] == asked[2:]
    assert len(await events(service)) == 2


async def test_what_a_landlord_wished_too_late_is_logged_and_changes_nothing(
    service: Service,
) -> None:
    referral_id = await sent(service, "landlord")
    await act(service, "landlord", referral_id, "cancel")
    for what in ("cancel", "amendments"):
        await act(service, "landlord", referral_id, what)
    (told,) = await events(service)
    assert told["type"] == "nopsa.referral.cancelled.v1"
    assert told["source_kind"] == "landlord"
    log = await service.rows("SELECT action FROM audit WHERE action LIKE 'referral.%' ORDER BY id")
    done = [row["action"] for row in log if "read" not in row["action"]]
    assert done == [
        "referral.submit",
        f"referral.{Action.CANCEL}",
        f"referral.{Action.CANCEL}.without_effect",
        f"referral.{Action.AMEND}.without_effect",
    ]
    assert await service.count("referral_changes") == 1


async def test_an_amended_phone_number_reaches_the_person_and_finds_whom_it_may_be(
    service: Service,
) -> None:
    other = await sent(service, "prison", client={"phone": "050 999 8888", "given_name": "Toinen"})
    mine = await sent(service, client={"phone": "050 111 0000", "given_name": "Väärä"})
    assert await service.count("possible_matches") == 0
    change = {"client": {"phone": "+358 50 999 8888", "given_name": "toinen"}}
    await act(service, "hospital_ward", mine, "amendments", change)
    (pair,) = await service.rows("SELECT * FROM possible_matches")
    refs = await service.rows("SELECT client_ref FROM referrals WHERE id = ANY($1)",
                              [UUID(other), UUID(mine)])  # fmt: skip
    assert {pair["client_a"], pair["client_b"]} == {row["client_ref"] for row in refs}
    assert json.loads(pair["agree"]) == ["given_name", "family_name", "phone"]
    gone = service.settings.blind_index().candidates("phone", "+358501110000")
    assert await service.rows("SELECT 1 FROM client_keys WHERE hash = ANY($1)", gone) == []


@pytest.mark.parametrize("known", [True, False])
async def test_a_code_that_a_sender_adds_shows_who_the_person_is(
    service: Service, known: bool
) -> None:
    coded = {"client": {"identity_code": IDENTITY_CODES[0]}}
    if known:
        await service.post("prison", referral_body(**coded))
    mine = await sent(service)
    answer = await act(service, "hospital_ward", mine, "amendments", coded)
    assert answer.status_code == 200
    (linked,) = [e for e in await events(service, "nopsa.client.") if "linked" in e["type"]]
    (amended,) = await events(service)
    assert amended["client_ref"] == linked["client_ref"]
    later = await service.post("landlord", referral_body(**coded))
    assert later.status_code == 201
    received = json.loads(
        (await service.rows("SELECT value FROM outbox ORDER BY id DESC LIMIT 1"))[0]["value"]
    )
    assert received["client_ref"] == linked["client_ref"]
