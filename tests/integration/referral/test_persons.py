"""Who is whom: the same code, possible matches for review, links that can be undone, merges."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.contracts import consent
from tests.integration.referral.conftest import Service
from tests.integration.referral.test_changes import events
from tests.integration.referral.test_following import NOW, accepted, case_of, contacted, deliver
from tests.support.bodies import IDENTITY_CODES, new_key, referral_body
from tests.support.statements import statements

PHONE = "+358 45 111 2233"
CODED = {"identity_code": IDENTITY_CODES[0]}
OWN_TABLES = (
    "clients", "client_keys", "client_links", "possible_matches", "referrals",
    "referral_changes", "partner_consents", "partners",
)  # fmt: skip


async def refer(service: Service, kind: str = "prison", **client: Any) -> str:
    """Refers a person; their ref."""
    answer = await service.post(kind, referral_body(client=client))
    assert answer.status_code == 201, answer.text
    rows = await service.rows(
        "SELECT client_ref FROM referrals WHERE id = $1", UUID(answer.json()["id"])
    )
    return str(rows[0]["client_ref"])


async def read(service: Service, client_ref: str, **headers: str) -> httpx.Response:
    """Reads a person as a team's lead would."""
    lead = service.mint.headers("clients:read", client_id="lead")
    sent = lead | {"Purpose-Of-Use": "coordination"} | headers
    return await service.http.get(f"/v1/clients/{client_ref}", headers=sent)


async def act(
    service: Service, client_ref: str, what: str, key: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    """Says who is whom, having read the person."""
    etag = (await read(service, client_ref)).headers.get("etag", '"v1"')
    lead = service.mint.headers("clients:write", client_id="lead")
    return await service.http.post(
        f"/v1/clients/{client_ref}/{what}",
        json=body,
        headers=lead | {"If-Match": etag} | (key or {}),
    )


async def review(service: Service) -> list[dict[str, Any]]:
    """The pairs to look at."""
    lead = service.mint.headers("clients:read", client_id="lead")
    answer = await service.http.get(
        "/v1/clients?review=possible-match", headers=lead | {"Purpose-Of-Use": "coordination"}
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def everything(service: Service) -> dict[str, list[dict[str, Any]]]:
    """Every row of the service's own tables, but for versions."""
    return {
        table: [
            {name: value for name, value in row.items() if name != "version"}
            for row in await service.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
        ]
        for table in OWN_TABLES
    }


async def received_under(service: Service) -> str:
    """The client_ref that the newest referral was told under."""
    rows = await service.rows(
        "SELECT value FROM outbox WHERE topic = 'nopsa.referral.v1' ORDER BY id DESC LIMIT 1"
    )
    return str(json.loads(rows[0]["value"])["client_ref"])


async def test_a_person_is_read_with_a_purpose_and_the_reading_is_logged(
    service: Service,
) -> None:
    ref = await refer(service, **CODED, phone=PHONE, whereabouts="Rautatieasema")
    again = await refer(service, "landlord", **CODED, email="t@example.org")
    assert again == ref
    answer = await read(service, ref)
    assert answer.status_code == 200
    person = answer.json()
    assert person["client_ref"] == ref
    assert person["identity"] == {
        "identity_code": IDENTITY_CODES[0],
        "given_name": "Testi",
        "family_name": "Henkilö",
        "birth_date": None,
        "phone": "+358 40 123 4567",
        "email": "t@example.org",
        "whereabouts": "Rautatieasema",
    }
    assert (person["age_group"], person["non_disclosure_order"]) == ("30-64", False)
    assert len(person["referral_ids"]) == 2
    assert person["links"] == []
    (log,) = await service.rows("SELECT * FROM audit WHERE action = 'client.read'")
    assert (str(log["client_ref"]), log["purpose"], log["actor"]) == (ref, "coordination", "lead")


async def test_without_a_purpose_or_the_scope_nobody_is_read(service: Service) -> None:
    ref = await refer(service)
    lead = service.mint.headers("clients:read")
    for headers in (lead, lead | {"Purpose-Of-Use": "curiosity"}):
        for path in (f"/v1/clients/{ref}", "/v1/clients?review=possible-match"):
            answer = await service.http.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (400, "purpose_of_use_missing")
    care = {"Purpose-Of-Use": "care"}
    assert (
        await service.http.get(f"/v1/clients/{ref}", headers=service.sender("prison") | care)
    ).status_code == 403
    assert (await read(service, str(uuid4()))).status_code == 404
    assert await service.rows("SELECT 1 FROM audit WHERE action LIKE 'client.%'") == []
    reader = lead | {"If-Match": '"v1"'}
    answer = await service.http.post(f"/v1/clients/{ref}/merge", json={"into": ref}, headers=reader)
    assert answer.status_code == 403


async def test_anonymous_and_partly_known_persons_are_taken_and_read(service: Service) -> None:
    nameless = {"given_name": None, "family_name": None, "phone": None}
    known_by = {
        "whereabouts": nameless | {"whereabouts": "Sillan alla"},
        "phone": nameless | {"phone": PHONE},
        "family_name": nameless | {"family_name": "Korhonen"},
    }
    refs = {by: await refer(service, "landlord", **client) for by, client in known_by.items()}
    again = {by: await refer(service, "landlord", **client) for by, client in known_by.items()}
    assert len({*refs.values(), *again.values()}) == 6, "nobody is merged silently"
    for by, ref in refs.items():
        person = (await read(service, ref)).json()
        told = {name for name, value in person["identity"].items() if value is not None}
        assert (told, person["age_group"]) == ({by}, "unknown")
    (pair,) = await review(service)
    assert pair["clients"] == sorted([refs["phone"], again["phone"]])
    assert (pair["score"], pair["agree"]) == (0.4, ["phone"])


async def test_who_may_be_the_same_is_listed_with_what_agrees_and_never_merged(
    service: Service,
) -> None:
    born = {"birth_date": "1990-01-01", "phone": None}
    coded = await refer(service, **CODED, phone=None, given_name="Testi", family_name="Henkilo")
    named = await refer(service, "landlord", **born, given_name="TESTI JUHANI")
    await refer(service, **born, given_name="Muu", family_name="Nimi")
    other_code = await refer(service, identity_code="010190Y900P", phone=None)
    pairs = {tuple(pair["clients"]): pair for pair in await review(service)}
    assert set(pairs) == {tuple(sorted(pair)) for pair in ((coded, named), (named, other_code))}, (
        "two codes are two people"
    )
    found = pairs[min(coded, named), max(coded, named)]
    assert (found["score"], found["state"]) == (0.75, "open")
    assert found["agree"] == ["given_name", "family_name", "birth_date"]
    log = await service.rows("SELECT client_ref FROM audit WHERE action = 'client.review'")
    assert {str(row["client_ref"]) for row in log} == {coded, named, other_code}


async def test_of_simultaneous_referrals_none_misses_the_other(service: Service) -> None:
    await asyncio.gather(*(refer(service, phone=PHONE, given_name=None) for _ in range(6)))
    assert await service.count("possible_matches") == 15


async def test_a_dismissed_pair_stays_off_the_list(service: Service) -> None:
    one, other = [await refer(service, phone=PHONE) for _ in range(2)]
    answer = await act(service, one, "dismiss", other=other)
    assert (answer.status_code, answer.json()["state"]) == (200, "dismissed")
    assert await review(service) == []
    assert (await act(service, one, "dismiss", other=other)).status_code == 404
    third = await refer(service, phone=PHONE)
    assert {ref for pair in await review(service) for ref in pair["clients"]} == {one, other, third}


async def test_a_link_makes_two_refs_one_person_and_unlink_restores_every_row(
    service: Service,
) -> None:
    coded = await refer(service, **CODED, phone=PHONE)
    anonymous = await refer(service, "landlord", phone=PHONE, given_name=None, family_name=None)
    third = await refer(service, "hospital_ward", phone=PHONE)
    before = await everything(service)
    assert len(before["possible_matches"]) == 3
    answer = await act(service, anonymous, "link", to=coded)
    assert answer.status_code == 200, answer.text
    link = answer.json()
    assert (link["client_ref"], link["linked_ref"], link["final"]) == (coded, anonymous, False)
    person = await read(service, anonymous)
    assert person.json()["client_ref"] == coded
    assert person.headers["etag"] == answer.headers["etag"]
    assert len(person.json()["referral_ids"]) == 2
    assert [found["linked_ref"] for found in person.json()["links"]] == [anonymous]
    assert {tuple(p["clients"]) for p in await review(service)} == {tuple(sorted((coded, third)))}
    assert await everything(service) != before
    undone = await act(service, coded, "unlink", **{"from": anonymous})
    assert undone.status_code == 200, undone.text
    assert await everything(service) == before
    linked, unlinked = (await events(service, "nopsa.client."))[-2:]
    assert unlinked["linked_version"] > linked["linked_version"], "tells the later of the two"
    assert (linked["type"], unlinked["type"]) == (
        "nopsa.client.linked.v1", "nopsa.client.unlinked.v1",
    )  # fmt: skip
    for told in (linked, unlinked):
        assert told["key"] == told["client_ref"] == told["aggregate_id"] == coded
        assert told["linked_ref"] == anonymous
    assert unlinked["version"] > linked["version"]
    assert len(unlinked["referral_ids"]) == 1


async def test_what_came_meanwhile_goes_with_the_code_it_came_by(service: Service) -> None:
    coded = await refer(service, **CODED)
    kept = await refer(service, "landlord", phone=PHONE)
    link = (await act(service, coded, "link", to=kept)).json()
    assert await refer(service, "hospital_ward", **CODED) == coded
    assert await received_under(service) == kept, "new referrals are told under the kept ref"
    assert len((await read(service, coded)).json()["referral_ids"]) == 3
    await act(service, kept, "unlink", link=link["id"])
    assert len((await read(service, coded)).json()["referral_ids"]) == 2
    assert len((await read(service, kept)).json()["referral_ids"]) == 1
    await refer(service, "hospital_ward", **CODED)
    assert await received_under(service) == coded


async def test_links_in_a_chain_come_apart_one_by_one(service: Service) -> None:
    first, second, third = [await refer(service, phone=PHONE) for _ in range(3)]
    await act(service, first, "link", to=second)
    middle = await everything(service)
    await act(service, second, "link", to=third)
    assert (await read(service, first)).json()["client_ref"] == third
    assert (await act(service, first, "unlink", **{"from": second})).status_code == 200
    assert (await read(service, first)).json()["client_ref"] == first
    assert (await read(service, second)).json()["client_ref"] == third
    assert (await act(service, second, "unlink", **{"from": third})).status_code == 200
    await act(service, first, "link", to=second)
    again = await everything(service)
    for state in (middle, again):
        for link in state["client_links"]:
            del link["id"], link["linked_at"]
        for pair in state["possible_matches"]:
            del pair["decided_at"]
    assert again == middle


async def test_a_code_that_becomes_known_is_the_persons_and_can_be_taken_back(
    service: Service,
) -> None:
    anonymous = await refer(service, "landlord", phone=PHONE)
    before = await everything(service)
    answer = await act(service, anonymous, "link", identity_code=IDENTITY_CODES[0].lower())
    assert answer.status_code == 200, answer.text
    assert answer.json()["client_ref"] == anonymous
    person = (await read(service, anonymous)).json()
    assert person["identity"]["identity_code"] == IDENTITY_CODES[0]
    assert (person["client_ref"], person["age_group"]) == (anonymous, "30-64")
    same = await act(service, anonymous, "link", identity_code=IDENTITY_CODES[0])
    other = await act(service, anonymous, "link", identity_code=IDENTITY_CODES[1])
    assert [(a.status_code, a.json()["code"]) for a in (same, other)] == [(409, "conflict")] * 2
    undone = await act(service, anonymous, "unlink", link=answer.json()["id"])
    assert undone.status_code == 200, undone.text
    assert await everything(service) == before


async def test_a_wrong_code_takes_its_own_referrals_along(service: Service) -> None:
    anonymous = await refer(service, "landlord", phone=PHONE)
    link = (await act(service, anonymous, "link", identity_code=IDENTITY_CODES[0])).json()
    await refer(service, "prison", **CODED)
    assert await received_under(service) == anonymous
    assert len((await read(service, anonymous)).json()["referral_ids"]) == 2
    await act(service, anonymous, "unlink", link=link["id"])
    assert len((await read(service, anonymous)).json()["referral_ids"]) == 1
    assert len((await read(service, link["linked_ref"])).json()["referral_ids"]) == 1


async def test_a_code_that_somebody_has_links_to_them(service: Service) -> None:
    coded = await refer(service, **CODED)
    anonymous = await refer(service, "landlord", phone=PHONE)
    answer = await act(service, anonymous, "link", identity_code=IDENTITY_CODES[0])
    assert (answer.status_code, answer.json()["client_ref"]) == (200, coded)
    wrong = await act(service, coded, "link", identity_code="131052-308U")
    assert wrong.json()["errors"][0]["pointer"] == "/identity_code"
    assert "131052" not in wrong.text


async def test_what_cannot_be_linked_is_refused(service: Service) -> None:
    one = await refer(service, **CODED)
    two = await refer(service, identity_code=IDENTITY_CODES[1])
    assert (await act(service, one, "link", to=two)).json()["code"] == "conflict"
    assert (await act(service, one, "link", to=one)).json()["code"] == "conflict"
    nobody = await act(service, one, "link", to=str(uuid4()))
    assert nobody.json()["errors"] == [
        {"pointer": "/to", "code": "client_unknown", "detail": "there is nobody under this ref"}
    ]
    assert (await act(service, str(uuid4()), "link", to=one)).status_code == 404
    for body in ({}, {"to": two, "identity_code": IDENTITY_CODES[2]}):
        assert (await act(service, one, "link", **body)).status_code == 422
    assert (await act(service, one, "unlink", **{"from": two})).status_code == 404
    assert await service.count("client_links") == 0


async def test_a_change_needs_what_was_read_and_is_made_once_per_key(service: Service) -> None:
    one, two = [await refer(service, phone=PHONE) for _ in range(2)]
    path = f"/v1/clients/{one}/link"
    lead = service.mint.headers("clients:write", client_id="lead")
    missing = await service.http.post(path, json={"to": two}, headers=lead)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    stale = await service.http.post(path, json={"to": two}, headers=lead | {"If-Match": '"v9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    key = new_key()
    first = await act(service, one, "link", key, to=two)
    again = await act(service, one, "link", key, to=two)
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert await service.count("client_links") == 1


async def test_simultaneous_links_never_make_a_circle(service: Service) -> None:
    refs = [await refer(service, phone=PHONE) for _ in range(4)]
    ring = list(zip(refs, refs[1:] + refs[:1], strict=True))
    answers = await asyncio.gather(*(act(service, one, "link", to=other) for one, other in ring))
    assert {answer.status_code for answer in answers} <= {200, 409, 412}
    primaries = {(await read(service, ref)).json()["client_ref"] for ref in refs}
    made = sum(answer.status_code == 200 for answer in answers)
    assert len(primaries) == len(refs) - made >= 1


async def test_a_merge_moves_everything_and_is_final(service: Service) -> None:
    coded = await refer(service, **CODED, phone=None, whereabouts="Asema")
    kept = await refer(service, "landlord", phone=PHONE, given_name=None, family_name=None)
    third = await refer(service, "hospital_ward", birth_date="1990-01-01", phone=None)
    answer = await act(service, coded, "merge", into=kept)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["client_ref"], answer.json()["final"]) == (kept, True)
    person = (await read(service, coded)).json()
    assert person["client_ref"] == kept
    assert person["identity"]["identity_code"] == IDENTITY_CODES[0]
    assert (person["identity"]["phone"], person["identity"]["whereabouts"]) == (PHONE, "Asema")
    assert len(person["referral_ids"]) == 2
    assert {tuple(p["clients"]) for p in await review(service)} == {tuple(sorted((kept, third)))}
    merged = (await events(service, "nopsa.client."))[-1]
    assert (merged["type"], merged["client_ref"], merged["linked_ref"]) == (
        "nopsa.client.merged.v1", kept, coded,
    )  # fmt: skip
    final = await act(service, kept, "unlink", **{"from": coded})
    assert (final.status_code, final.json()["code"]) == (409, "illegal_transition")
    assert await refer(service, "prison", **CODED) == kept


async def test_a_link_may_be_made_final(service: Service) -> None:
    one, two = [await refer(service, phone=PHONE) for _ in range(2)]
    await act(service, one, "link", to=two)
    answer = await act(service, one, "merge", into=two)
    assert (answer.status_code, answer.json()["final"]) == (200, True)
    assert (await act(service, one, "unlink", **{"from": two})).status_code == 409
    assert (await act(service, one, "merge", into=two)).status_code == 409
    told = [event["type"] for event in await events(service, "nopsa.client.")][-2:]
    assert told == ["nopsa.client.linked.v1", "nopsa.client.merged.v1"]


async def test_a_consent_follows_the_link_and_the_unlink(service: Service) -> None:
    kept = await refer(service)
    body = referral_body(client={"phone": PHONE})
    mine = (await service.post("landlord", body)).json()["id"]
    case = await case_of(service, mine)
    given = consent.ConsentGiven(
        aggregate_id=uuid4(),
        version=1,
        occurred_at=NOW,
        client_ref=UUID(kept),
        direction="to_partner",
        partner_id=UUID(service.partners["landlord"]),
        facts=("contacted",),
        valid_from=NOW.replace(year=2025),
    )
    await deliver(service, accepted(case), contacted(case), given)

    async def seen() -> Any:
        answer = await service.http.get(f"/v1/referrals/{mine}", headers=service.sender("landlord"))
        return answer.json()["business_status"]

    assert await seen() is None
    await act(service, str(case["client_ref"]), "link", to=kept)
    assert await seen() == "contacted"
    await act(service, kept, "unlink", **{"from": str(case["client_ref"])})
    assert await seen() is None


@pytest.mark.parametrize("by", ["code", "phone"])
async def test_a_landlord_cannot_tell_who_is_known_linked_or_waiting_for_review(
    service: Service, by: str
) -> None:
    persons = [CODED, {"identity_code": IDENTITY_CODES[1]}]
    if by == "phone":
        persons = [{"phone": PHONE}, {"phone": "+358 45 999 0000"}]
    known = await refer(service, **persons[0], non_disclosure_order=True)
    await act(service, known, "link", to=await refer(service, phone="+358 45 777 0000"))
    answers = [await service.post("landlord", referral_body(client=who)) for who in persons]
    steps = []
    for answer in answers:
        etag = (
            await service.http.get(answer.headers["location"], headers=service.sender("landlord"))
        ).headers["etag"]
        amended = await service.http.post(
            f"{answer.headers['location']}/amendments",
            json={"client": {"phone": "+358 45 777 0000"}},
            headers=service.sender("landlord") | {"If-Match": etag},
        )
        steps.append([answer, amended])
    for one, other in zip(*steps, strict=True):
        assert one.status_code == other.status_code
        assert one.headers.keys() == other.headers.keys()
        volatile = {"id", "reference", "received_at"}
        assert {k: v for k, v in one.json().items() if k not in volatile} == {
            k: v for k, v in other.json().items() if k not in volatile
        }


async def test_a_known_and_an_unknown_person_cost_the_same(service: Service) -> None:
    """Whoever took longer could be told from the others by the clock."""
    known = await refer(service, **CODED, phone=PHONE)
    await act(service, known, "link", to=await refer(service, phone=PHONE))
    asked = []
    for code, phone in ((IDENTITY_CODES[0], PHONE), (IDENTITY_CODES[1], "+358 45 999 0000")):
        body = referral_body(client={"identity_code": code, "phone": phone})
        with statements() as found:
            await service.post("landlord", body)
        asked.append([text.split()[0] for text in found])
    for phone in (PHONE, "+358 45 999 1111"):
        with statements() as found:
            await service.post("landlord", referral_body(client={"phone": phone}))
        asked.append([text.split()[0] for text in found])
    assert [verb.replace("UPDATE", "INSERT") for verb in asked[0]] == asked[1]
    assert asked[2] == asked[3]


async def test_nothing_that_identifies_is_stored_in_the_clear(service: Service) -> None:
    one = await refer(service, **CODED, phone=PHONE, birth_date="1990-01-01")
    other = await refer(service, "landlord", phone=PHONE)
    await act(service, other, "link", new_key(), identity_code=IDENTITY_CODES[2])
    await act(service, one, "dismiss", new_key(), other=other)
    dump = ""
    for table in (*OWN_TABLES[:-1], "outbox", "audit", "idempotency"):
        for row in await service.rows(f"SELECT * FROM {table}"):
            values = (v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in row.values())
            dump += " ".join(values)
    digits = PHONE.replace(" ", "")
    for secret in (*IDENTITY_CODES, digits, digits[4:], "Henkil", "Testi", "1990-01-01"):
        assert secret not in dump
    assert json.dumps(digits) not in dump
