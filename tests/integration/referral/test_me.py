"""A caller asks who it is; the answer tells nothing of any person."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.calendar import FINLAND
from shared.clock import utc_now
from tests.integration.referral.conftest import Service
from tests.support.bodies import referral_body

TEAM = "01980000-0000-7000-8000-000000000201"


async def me(service: Service, kind: str, **claims: Any) -> dict[str, Any]:
    answer = await service.http.get("/v1/me", headers=service.sender(kind, **claims))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def agree(service: Service, kind: str, **terms: Any) -> httpx.Response:
    return await service.http.post(
        f"/v1/partners/{service.partners[kind]}/agreements",
        json={"team": TEAM, "contact_person": {"name": "Sihteeri Siiri"}} | terms,
        headers=service.mint.headers("partners:admin"),
    )


async def test_a_caller_learns_who_it_is_and_what_it_may_do(service: Service) -> None:
    told = await me(service, "hospital_ward")
    rate = told.pop("rate")
    assert told == {
        "client_id": "hospital_ward",
        "scopes": ["referrals:read", "referrals:write"],
        "partner": {
            "id": service.partners["hospital_ward"],
            "name": "Ward 12, Lakeside Hospital",
            "kind": "hospital_ward",
            "authority": True,
        },
        "agreement": None,
        "open_referrals": 0,
    }
    assert rate["remaining"] == rate["limit"] - 1
    assert rate["window_seconds"] == 60


async def test_the_agreement_in_force_is_told_with_what_is_used_of_it(service: Service) -> None:
    today = utc_now().astimezone(FINLAND).date()
    terms = {
        "target_groups": ["homelessness"],
        "channels": ["rest", "phone"],
        "valid_from": str(today),
        "valid_to": str(today + timedelta(days=400)),
        "max_referrals_per_week": 2,
    }
    await agree(service, "landlord", **terms)
    await agree(service, "landlord", valid_from=str(today + timedelta(days=30)))
    for _ in range(3):
        assert (await service.post("landlord", referral_body())).status_code == 201
    told = await me(service, "landlord")
    assert told["agreement"] == terms | {
        "team": TEAM,
        "valid_to": str(today + timedelta(days=29)),
        "version": 1,
        "used_this_week": 2,
    }
    assert told["open_referrals"] == 3
    assert "Siiri" not in str(told)


async def test_an_agreement_that_is_over_is_none(service: Service) -> None:
    await agree(service, "landlord", valid_from="2024-01-01", valid_to="2024-12-31")
    assert (await me(service, "landlord"))["agreement"] is None


@pytest.mark.parametrize(("kind", "open_now"), [("landlord", 3), ("hospital_ward", 1)])
async def test_to_a_landlord_all_that_it_sent_is_open_for_ever(
    service: Service, kind: str, open_now: int
) -> None:
    for _ in range(3):
        await service.post(kind, referral_body())
    await service.post("prison", referral_body())
    await service.rows(
        "UPDATE referrals SET status = 'completed' WHERE id IN "
        "(SELECT id FROM referrals WHERE source_kind = $1 ORDER BY id LIMIT 2)",
        kind,
    )
    assert (await me(service, kind))["open_referrals"] == open_now


async def test_either_scope_of_a_sender_will_do(service: Service) -> None:
    told = {}
    for scope in ("referrals:read", "referrals:write", "partners:admin", ""):
        headers = service.mint.headers(scope, org=service.partners["prison"])
        answer = await service.http.get("/v1/me", headers=headers)
        told[scope] = answer.status_code
    assert told == {"referrals:read": 200, "referrals:write": 200, "partners:admin": 403, "": 403}
    assert "referrals:read or referrals:write" in answer.json()["detail"]


async def test_who_is_no_partner_is_told_so(service: Service) -> None:
    answer = await service.http.get("/v1/me", headers=service.mint.headers("referrals:read"))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_partner")
