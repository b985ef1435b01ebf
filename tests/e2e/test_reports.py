"""LiiTu's year and Keski-Suomi's ladder: sent in through the API, they come out of the reports."""

from typing import Any

import pytest

from tests.e2e.test_history_import import YEAR, imported
from tests.integration.analytics.test_documents import check_ladder
from tests.support.history import PRICES, SERVICE_COST, ladder, liitu, ndjson
from tests.support.house import House, eventually

pytestmark = pytest.mark.kafka_too

SOUTH_SAVO, MIKKELI = "10", "491"
SOURCE = {"source": "made up, to LiiTu's sums"}


async def report(house: House, name: str, **query: str) -> Any:
    answer = await house.get("admin", "analytics", f"/v1/reports/{name}", **YEAR, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_the_documents_figures_come_out_of_what_was_sent_in(house: House) -> None:
    liitus, keski = [await house.new_team(SOUTH_SAVO, MIKKELI) for _ in range(2)]
    past = [
        case | {"municipality": MIKKELI, "external_id": f"{case['team']}-{case['external_id']}"}
        for case in [*liitu(liitus), *ladder(keski)]
    ]
    job = await imported(house, ndjson(past))
    assert job["counts"]["accepted"] == len(past)
    for (service, year), price in PRICES.items():
        body = {"unit_price_eur": price, **SOURCE}
        await house.put("admin", "analytics", f"/v1/prices/{service}/{year}", body)
    cost = {"cost_eur": SERVICE_COST, **SOURCE}
    await house.put("admin", "analytics", f"/v1/service-costs/{liitus}/2022", cost)

    async def all_placed() -> bool:
        data = await report(house, "service-ladder", team=keski, on="2022-12-31")
        return bool(data["totals"][-1]["clients"] == 1017)

    async def all_told() -> bool:
        data = await report(house, "counterfactual-cost", team=liitus)
        return bool(sum(row["clients"] for row in data["rows"]) == 105)

    await eventually(all_placed, seconds=60)
    await eventually(all_told, seconds=60)
    check_ladder(await report(house, "service-ladder", team=keski, on="2022-12-31"))
    for price_year, ratio in (("2022", 7.26), ("2024", 9.48)):
        data = await report(house, "counterfactual-cost", team=liitus, price_year=price_year)
        assert data["ratio"] == ratio
