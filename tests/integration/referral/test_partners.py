"""Who may refer: partners as an administrator keeps them, and the tokens that speak for them."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.integration.referral.conftest import SCOPES, Service
from tests.support.bodies import new_key, referral_body


def admin(service: Service) -> dict[str, str]:
    return service.mint.headers("partners:admin", client_id="admin")


async def register(service: Service, partner_id: str, **changes: Any) -> httpx.Response:
    """Registers a partner, or changes it as an administrator who just read it."""
    path = f"/v1/partners/{partner_id}"
    known = await service.http.get(path, headers=admin(service))
    seen = {"If-Match": known.headers["etag"]} if known.is_success else {}
    body = {"name": "Harjukatu Homes", "kind": "landlord"} | changes
    return await service.http.put(path, json=body, headers=admin(service) | seen)


async def refer(service: Service, **claims: Any) -> tuple[int, str | None]:
    """What a referral is answered with under a token with these claims."""
    headers = service.mint.headers(SCOPES, **claims) | new_key()
    answer = await service.http.post("/v1/referrals", json=referral_body(), headers=headers)
    return answer.status_code, answer.json().get("code")


async def test_a_partner_is_read_as_it_was_put(service: Service) -> None:
    partner = str(uuid4())
    body = {
        "name": "Ward 7",
        "kind": "hospital_ward",
        "business_id": "9990103-5",
        "oid": "1.2.246.10.99901035",
        "municipalities": ["398", "098"],
        "client_ids": ["ward-7", "ward-7-night"],
        "suspended": False,
    }
    made = await register(service, partner, **body)
    assert made.status_code == 201
    read = await service.http.get(f"/v1/partners/{partner}", headers=admin(service))
    assert read.json() == made.json() == body | {"id": partner, "authority": True}
    changed = await register(service, partner, **body | {"client_ids": []})
    assert (changed.status_code, changed.json()["client_ids"]) == (200, [])


async def test_of_two_who_register_a_partner_at_once_one_is_told_to_read_it_first(
    service: Service,
) -> None:
    partner = str(uuid4())
    body = {"name": "Harjukatu Homes", "kind": "landlord"}
    connection = await asyncpg.connect(service.settings.asyncpg_dsn)
    async with connection.transaction():
        await connection.execute("LOCK TABLE audit IN EXCLUSIVE MODE")
        puts = [
            asyncio.create_task(
                service.http.put(f"/v1/partners/{partner}", json=body, headers=admin(service))
            )
            for _ in range(3)
        ]
        await asyncio.sleep(0.5)  # each has looked by now, and nobody has committed
    await connection.close()
    answers = await asyncio.gather(*puts)
    assert sorted(answer.status_code for answer in answers) == [201, 428, 428]
    assert {answer.json().get("code") for answer in answers} == {None, "precondition_required"}
    assert len(await service.rows("SELECT 1 FROM audit WHERE subject_id = $1", UUID(partner))) == 1


BAD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"business_id": "9990103-6"}, "/business_id", "business_id_invalid"),
    ({"kind": "bank"}, "/kind", "enum"),
    ({"client_ids": ["with space"]}, "/client_ids/0", "string_pattern_mismatch"),
    ({"client_ids": ["x"] * 51}, "/client_ids", "too_long"),
    ({"authority": True}, "/authority", "extra_forbidden"),
]


async def test_a_bad_field_is_pointed_at(service: Service) -> None:
    for change, pointer, code in BAD_FIELDS:
        answer = await register(service, str(uuid4()), **change)
        assert answer.status_code == 422, change
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_only_the_clients_that_a_partner_names_speak_for_it(service: Service) -> None:
    partner = str(uuid4())
    await register(service, partner, client_ids=["homes-app", "homes-batch"])
    assert await refer(service, org=partner, client_id="homes-app") == (201, None)
    assert await refer(service, org=partner, client_id="homes-batch") == (201, None)
    assert await refer(service, org=partner, client_id="ward-app") == (403, "not_a_partner")
    await register(service, partner, client_ids=[])
    assert await refer(service, org=partner, client_id="ward-app") == (201, None)


async def test_a_token_without_org_speaks_for_the_one_partner_that_names_its_client(
    service: Service,
) -> None:
    partner, other = str(uuid4()), str(uuid4())
    await register(service, partner, client_ids=["homes-app"])
    assert await refer(service, client_id="homes-app") == (201, None)
    rows = await service.rows("SELECT partner_id FROM referrals")
    assert [str(row["partner_id"]) for row in rows] == [partner]
    assert await refer(service, client_id="homes") == (403, "not_a_partner")
    assert await refer(service, client_id="homes-app", org=other) == (403, "not_a_partner")
    await register(service, other, client_ids=["homes-app"])
    assert await refer(service, client_id="homes-app") == (403, "not_a_partner")


async def test_a_suspended_partner_is_told_so_whichever_way_its_token_names_it(
    service: Service,
) -> None:
    partner = str(uuid4())
    await register(service, partner, client_ids=["homes-app"], suspended=True)
    for claims in ({"client_id": "homes-app"}, {"client_id": "homes-app", "org": partner}):
        assert await refer(service, **claims) == (403, "partner_suspended")


async def test_the_list_is_paged_without_gaps_or_repeats_while_partners_are_added(
    service: Service,
) -> None:
    known = {str(uuid4()) for _ in range(7)} | set(service.partners.values())
    for partner in known - set(service.partners.values()):
        await register(service, partner)
    found: list[str] = []
    cursor = None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        answer = await service.http.get("/v1/partners", params=query, headers=admin(service))
        page = answer.json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        await register(service, str(uuid4()))
    assert found == sorted(set(found))
    assert known <= set(found)


async def test_the_list_is_for_administrators(service: Service) -> None:
    answer = await service.http.get("/v1/partners", headers=service.sender("prison"))
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
