"""Prices and costs are put in with their source, changed with what was read, and read again."""

from typing import Any
from uuid import uuid4

import httpx

from tests.integration.analytics.conftest import Service

PRICE = "/v1/prices/communal/2024"
BODY = {"unit_price_eur": "40000.50", "source": "the county's price list of 2024"}


async def put(
    service: Service, path: str, body: dict[str, Any], scopes: str = "prices:write", **headers: str
) -> httpx.Response:
    sent = service.mint.headers(scopes) | {name.replace("_", "-"): v for name, v in headers.items()}
    return await service.http.put(path, json=body, headers=sent)


async def test_a_price_is_new_then_changed_by_who_read_it(service: Service) -> None:
    made = await put(service, PRICE, BODY)
    assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
    assert made.json() == BODY | {
        "alternative_service": "communal",
        "year": 2024,
        "low_eur": None,
        "high_eur": None,
    }
    assert (await put(service, PRICE, BODY)).status_code == 428
    assert (await put(service, PRICE, BODY, If_Match='"v7"')).status_code == 412
    better = BODY | {"unit_price_eur": "41000.00", "low_eur": "39000.00", "high_eur": "45000.00"}
    changed = await put(service, PRICE, better, If_Match='"v1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    read = await service.get(PRICE, "reports:read")
    assert (read.json(), read.headers["etag"]) == (changed.json(), '"v2"')


async def test_what_a_team_costs_is_kept_by_year(service: Service) -> None:
    path = f"/v1/service-costs/{uuid4()}"
    body = {"cost_eur": "230000.00", "source": "the accounts of 2022"}
    assert (await put(service, f"{path}/2022", body)).status_code == 201
    assert (await service.get(f"{path}/2022")).json()["cost_eur"] == "230000.00"
    assert (await service.get(f"{path}/2023")).status_code == 404


async def test_a_wrong_price_is_told_what_is_wrong(service: Service) -> None:
    for change, code in (
        ({"source": None}, "string_type"),
        ({"source": ""}, "string_too_short"),
        ({"unit_price_eur": "-1.00"}, "greater_than_equal"),
        ({"unit_price_eur": "1.005"}, "decimal_max_places"),
        ({"low_eur": "50000.00"}, "range_without_point"),
        ({"high_eur": "30000.00"}, "range_without_point"),
        ({"colour": "red"}, "extra_forbidden"),
    ):
        refused = await put(service, PRICE, BODY | change)
        assert refused.status_code == 422, refused.text
        assert [error["code"] for error in refused.json()["errors"]] == [code]
    for path in ("/v1/prices/none/2024", "/v1/prices/communal/1066"):
        assert (await put(service, path, BODY)).status_code == 404


async def test_putting_in_needs_its_scope(service: Service) -> None:
    refused = await put(service, PRICE, BODY, "reports:read")
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
