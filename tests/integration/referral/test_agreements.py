"""Agreements in versions, and what they make of referrals: taken always, redirected sometimes."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx

from shared.calendar import FINLAND
from shared.clock import utc_now
from tests.integration.referral.conftest import Service
from tests.support.bodies import new_key, referral_body

TEAM = "01980000-0000-7000-8000-000000000201"
OTHER_TEAM = "01980000-0000-7000-8000-000000000202"
LONG_AGO = "2024-01-01"
REDIRECTED = "nopsa.referral.redirected-by-agreement.v1"
RECEIVED = "nopsa.referral.received.v1"


def today() -> date:
    return utc_now().astimezone(FINLAND).date()


def terms(**changes: Any) -> dict[str, Any]:
    return {
        "team": TEAM,
        "contact_person": {"name": "Isännöitsijä Irma", "phone": "+358 40 555 6677"},
        "valid_from": LONG_AGO,
    } | changes


def path(service: Service, kind: str) -> str:
    return f"/v1/partners/{service.partners[kind]}/agreements"


def admin(service: Service) -> dict[str, str]:
    return service.mint.headers("partners:admin", client_id="admin")


async def agree(
    service: Service, kind: str, headers: dict[str, str] | None = None, **changes: Any
) -> httpx.Response:
    sent = admin(service) | (headers or {})
    return await service.http.post(path(service, kind), json=terms(**changes), headers=sent)


def known_by_place(nth: int) -> dict[str, Any]:
    """A person who is like nobody else."""
    nameless = {"given_name": None, "family_name": None, "phone": None}
    return nameless | {"whereabouts": f"Under bridge {nth}"}


async def versions(service: Service, kind: str) -> list[dict[str, Any]]:
    answer = await service.http.get(path(service, kind), headers=admin(service))
    return list(answer.json()["items"])


async def events(service: Service, event_type: str) -> list[dict[str, Any]]:
    rows = await service.rows("SELECT headers, value FROM outbox ORDER BY id")
    return [
        json.loads(row["value"])
        for row in rows
        if dict(json.loads(row["headers"]))["ce_type"] == event_type
    ]


async def reasons_told(service: Service) -> list[str | None]:
    """Why each referral was redirected, in their order; None where it was not."""
    return [event.get("redirect_reason") for event in await events(service, RECEIVED)]


# Versions.


async def test_a_version_is_read_as_it_was_agreed(service: Service) -> None:
    agreed: dict[str, Any] = {
        "target_groups": ["18-29", "homelessness"],
        "channels": ["rest", "phone"],
        "valid_to": "2030-12-31",
        "max_referrals_per_week": 10,
    }
    made = await agree(service, "landlord", **agreed)
    assert made.status_code == 201
    assert made.headers["location"] == path(service, "landlord") + "/1"
    read = await service.http.get(made.headers["location"], headers=admin(service))
    assert read.json() == made.json()
    assert read.headers["etag"]
    contact = {"name": "Isännöitsijä Irma", "phone": "+358 40 555 6677", "email": None}
    assert made.json().items() >= (terms(**agreed) | {"contact_person": contact}).items()
    assert (made.json()["version"], made.json()["partner"]) == (1, service.partners["landlord"])
    actions = await service.rows("SELECT action, actor FROM audit WHERE subject_type = 'agreement'")
    assert [tuple(row) for row in actions] == [
        ("agreement.make", "admin"),
        ("agreement.read", "admin"),
    ]


async def test_whom_to_call_is_stored_sealed(service: Service) -> None:
    await agree(service, "landlord", new_key())
    dump = ""
    for table in ("agreements", "outbox", "audit", "idempotency"):
        for row in await service.rows(f"SELECT * FROM {table}"):
            values = (v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in row.values())
            dump += " ".join(values)
    assert TEAM in dump
    assert "Irma" not in dump
    assert "555 6677" not in dump


async def test_a_new_version_ends_the_one_before_it_the_day_before_it_begins(
    service: Service,
) -> None:
    await agree(service, "landlord", valid_from="2026-01-01")
    await agree(service, "landlord", valid_from="2026-07-01", valid_to="2026-12-31")
    await agree(service, "landlord", valid_from="2027-07-01")
    await agree(service, "prison")
    shown = [
        (v["version"], v["valid_from"], v["valid_to"]) for v in await versions(service, "landlord")
    ]
    assert shown == [
        (3, "2027-07-01", None),
        (2, "2026-07-01", "2026-12-31"),
        (1, "2026-01-01", "2026-06-30"),
    ]


async def test_a_version_that_is_overtaken_before_it_begins_never_holds(service: Service) -> None:
    await agree(service, "landlord", valid_from=LONG_AGO, team=TEAM)
    await agree(service, "landlord", valid_from=str(today() + timedelta(days=10)))
    await agree(service, "landlord", valid_from=str(today()), team=OTHER_TEAM)
    newest, overtaken, first = await versions(service, "landlord")
    assert newest["valid_to"] is None
    assert overtaken["valid_to"] == first["valid_to"] == str(today() - timedelta(days=1))
    await service.post("landlord", referral_body())
    (event,) = await events(service, RECEIVED)
    assert event["wished_team"] == OTHER_TEAM


async def test_versions_made_at_once_are_numbered_without_holes_and_never_overlap(
    service: Service,
) -> None:
    begins = [today() + timedelta(days=7 * n) for n in (3, 1, 4, 1, 5, 0, 2, 6)]
    made = await asyncio.gather(
        *(agree(service, "landlord", valid_from=str(day)) for day in begins)
    )
    assert {answer.status_code for answer in made} == {201}
    stored = sorted(await versions(service, "landlord"), key=lambda v: v["version"])
    assert [v["version"] for v in stored] == list(range(1, 9))
    for day in (today() + timedelta(days=n) for n in range(60)):
        held = [v for v in stored if v["valid_from"] <= str(day) <= (v["valid_to"] or "9999")]
        begun = [v for v in stored if v["valid_from"] <= str(day)]
        assert held == begun[-1:]


async def test_a_repeat_with_the_same_key_makes_no_second_version(service: Service) -> None:
    key = new_key()
    first = await agree(service, "landlord", key)
    again = await agree(service, "landlord", key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await agree(service, "landlord", key, team=OTHER_TEAM)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = await agree(service, "prison", key)
    assert elsewhere.json()["code"] == "idempotency_key_reused"
    assert await service.count("agreements") == 1


async def test_the_versions_are_paged_newest_first_while_some_are_added(service: Service) -> None:
    for _ in range(5):
        await agree(service, "landlord")
    await agree(service, "prison")
    found: list[int] = []
    cursor = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = await service.http.get(
            path(service, "landlord"), params=query, headers=admin(service)
        )
        found += [v["version"] for v in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
        await agree(service, "landlord")
    assert found == [5, 4, 3, 2, 1]


BAD_TERMS: list[tuple[dict[str, Any], str, str]] = [
    ({"team": "south"}, "/team", "uuid_parsing"),
    ({"target_groups": ["bored"]}, "/target_groups/0", "target_group_unknown"),
    ({"channels": ["pigeon"]}, "/channels/0", "enum"),
    ({"valid_to": "2023-12-31"}, "", "valid_to_before_valid_from"),
    ({"valid_from": "0001-01-01"}, "/valid_from", "day_out_of_reach"),
    ({"max_referrals_per_week": -1}, "/max_referrals_per_week", "greater_than_equal"),
    ({"contact_person": {"phone": "1234"}}, "/contact_person/name", "missing"),
    ({"colour": "blue"}, "/colour", "extra_forbidden"),
]


async def test_a_bad_field_is_pointed_at_and_nothing_is_stored(service: Service) -> None:
    for change, pointer, code in BAD_TERMS:
        answer = await agree(service, "landlord", **change)
        assert answer.status_code == 422, change
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert await service.count("agreements") == 0


async def test_what_is_not_there_is_not_found_and_the_rest_is_for_administrators(
    service: Service,
) -> None:
    nobody = "/v1/partners/01980000-0000-7000-8000-00000000ffff/agreements"
    known = path(service, "landlord")
    for method, where in (("POST", nobody), ("GET", nobody), ("GET", f"{known}/1")):
        body = terms() if method == "POST" else None
        answer = await service.http.request(method, where, json=body, headers=admin(service))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), where
        refused = await service.http.request(
            method, where, json=body, headers=service.sender("landlord")
        )
        assert refused.status_code == 403, where
    beyond = await service.http.get(f"{known}/99999999999", headers=admin(service))
    assert beyond.status_code == 404


# Referrals under them.


async def test_without_an_agreement_nothing_is_redirected(service: Service) -> None:
    await service.post("landlord", referral_body())
    (event,) = await events(service, RECEIVED)
    assert "redirect_reason" not in event
    assert "wished_team" not in event
    assert await events(service, REDIRECTED) == []


async def test_the_team_of_the_agreement_is_the_wished_one_unless_another_is_named(
    service: Service,
) -> None:
    await agree(service, "landlord")
    await service.post("landlord", referral_body())
    await service.post("landlord", referral_body(team=OTHER_TEAM))
    wished = [event["wished_team"] for event in await events(service, RECEIVED)]
    assert wished == [TEAM, OTHER_TEAM]
    assert await reasons_told(service) == [None, None]


async def test_whom_the_agreement_does_not_cover_is_taken_and_redirected(service: Service) -> None:
    await agree(service, "landlord", target_groups=["18-29", "debt"])
    homeless = await service.post("landlord", referral_body(reasons=["homelessness"]))
    indebted = await service.post("landlord", referral_body(reasons=["homelessness", "debt"]))
    young = {"birth_date": str(today() - timedelta(days=365 * 22))}
    await service.post("landlord", referral_body(client=young))
    assert (homeless.status_code, indebted.status_code) == (201, 201)
    assert await reasons_told(service) == ["outside_agreement", None, None]
    received = (await events(service, RECEIVED))[0]
    (redirected,) = await events(service, REDIRECTED)
    assert redirected == {
        "aggregate_id": homeless.json()["id"],
        "version": 2,
        "occurred_at": received["occurred_at"],
        "client_ref": received["client_ref"],
        "partner_id": service.partners["landlord"],
        "reason": "outside_agreement",
        "agreement_version": 1,
    }
    assert received["version"] == 1
    keys = await service.rows("SELECT DISTINCT key FROM outbox WHERE topic = 'nopsa.referral.v1'")
    assert received["client_ref"].encode() in {row["key"] for row in keys}


async def test_a_referral_after_the_agreement_ended_is_redirected_before_it_begins_it_is_not(
    service: Service,
) -> None:
    await agree(service, "landlord", valid_to=str(today() - timedelta(days=1)))
    await agree(service, "prison", valid_from=str(today() + timedelta(days=1)))
    for kind in ("landlord", "prison"):
        await service.post(kind, referral_body())
    assert await reasons_told(service) == ["outside_agreement", None]
    (redirected,) = await events(service, REDIRECTED)
    assert "agreement_version" not in redirected
    assert all("wished_team" not in event for event in await events(service, RECEIVED))


async def test_thirty_at_once_with_a_quota_of_ten_leave_twenty_redirected(
    service: Service,
) -> None:
    await agree(service, "hospital_ward", max_referrals_per_week=10)
    bodies = [referral_body(client=known_by_place(n)) for n in range(30)]
    connection = await asyncpg.connect(service.settings.asyncpg_dsn)
    async with connection.transaction():
        await connection.execute("LOCK TABLE outbox IN EXCLUSIVE MODE")
        posts = [asyncio.create_task(service.post("hospital_ward", body)) for body in bodies]
        await asyncio.sleep(1)  # whoever could count by now has, and nobody has committed
    answers = await asyncio.gather(*posts)
    await connection.close()
    assert {answer.status_code for answer in answers} == {201}
    told = await reasons_told(service)
    assert (told.count(None), told.count("over_quota")) == (10, 20)
    redirected = await events(service, REDIRECTED)
    assert len(redirected) == 20
    assert {(event["reason"], event["agreement_version"]) for event in redirected} == {
        ("over_quota", 1)
    }
    stored = await service.rows(
        "SELECT redirect_reason, version, count(*) FROM referrals GROUP BY 1, 2 ORDER BY 2"
    )
    assert [tuple(row) for row in stored] == [(None, 1, 10), ("over_quota", 2, 20)]


async def test_a_quota_is_of_the_week_and_of_the_partner(service: Service) -> None:
    await agree(service, "prison", max_referrals_per_week=1)
    await agree(service, "hospital_ward", max_referrals_per_week=1)
    key = new_key()
    for kind in ("prison", "hospital_ward"):
        await service.post(kind, referral_body(external_id="1"), key)
        await service.post(kind, referral_body(external_id="1"), key)
        await service.post(kind, referral_body(external_id="1"))
    assert await reasons_told(service) == [None, None], "repeats use nothing"
    await service.post("prison", referral_body())
    assert (await reasons_told(service))[-1] == "over_quota"
    await service.rows("UPDATE referrals SET received_at = received_at - interval '7 days'")
    await service.post("prison", referral_body())
    assert (await reasons_told(service))[-1] is None


async def test_a_quota_of_none_redirects_all_and_a_new_version_counts_what_was_sent_before_it(
    service: Service,
) -> None:
    await service.post("prison", referral_body())
    await agree(service, "prison", max_referrals_per_week=2)
    await service.post("prison", referral_body())
    await service.post("prison", referral_body())
    await agree(service, "prison", max_referrals_per_week=0)
    await service.post("prison", referral_body())
    await agree(service, "prison")
    await service.post("prison", referral_body())
    assert await reasons_told(service) == [None, None, "over_quota", "over_quota", None]


async def test_only_a_partner_with_a_quota_waits_for_its_count(service: Service) -> None:
    await agree(service, "prison")
    await agree(service, "hospital_ward", max_referrals_per_week=5)
    connection = await asyncpg.connect(service.settings.asyncpg_dsn)
    async with connection.transaction():
        for kind in ("prison", "hospital_ward", "landlord"):
            name = f"quota/{service.partners[kind]}"
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
        for kind in ("prison", "landlord"):
            assert (await service.post(kind, referral_body())).status_code == 201
        counted = asyncio.create_task(service.post("hospital_ward", referral_body()))
        await asyncio.sleep(0.5)
        assert not counted.done()
    assert (await counted).status_code == 201
    await connection.close()


async def test_the_receipt_and_the_view_do_not_tell_that_a_referral_was_redirected(
    service: Service,
) -> None:
    await agree(service, "landlord", target_groups=["debt"])
    carried = await service.post("landlord", referral_body(reasons=["debt"]))
    redirected = await service.post("landlord", referral_body())
    assert await reasons_told(service) == [None, "outside_agreement"]
    own = ("id", "reference", "received_at")
    assert carried.headers.keys() == redirected.headers.keys()
    assert _without(carried.json(), own) == _without(redirected.json(), own)
    later = [
        await service.http.get(sent.headers["location"], headers=service.sender("landlord"))
        for sent in (carried, redirected)
    ]
    assert _without(later[0].json(), own) == _without(later[1].json(), own)


def _without(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}
