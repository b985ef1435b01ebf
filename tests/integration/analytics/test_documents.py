"""The documents' tables come out: data sets to their margins give their figures."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import TEAM, imported
from tests.support.history import LADDER, PRICES, SERVICE_COST, ladder, liitu
from tests.support.past import Past

SPRING = datetime(2022, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def visited(places: dict[str, int], cancelled: int, first: datetime) -> Past:
    """Kept visits by location and cancelled ones, one every second day."""
    past, count = Past(), 0
    case = past.begin(TEAM, first - 2 * DAY)
    for place, kept in places.items():
        for _ in range(kept):
            past.visit(case, first + (count % 150) * DAY, place, "kept")
            count += 1
    for _ in range(cancelled):
        past.visit(case, first + (count % 150) * DAY, "home", "cancelled")
        count += 1
    return past


async def test_liitus_counterfactual_comes_out_at_the_prices_of_both_years(
    service: Service,
) -> None:
    await service.deliver(imported(liitu(str(TEAM))))
    await put_costs(service)
    for year, total, ratio in (("2022", "1670000.00", 7.26), ("2024", "2180000.00", 9.48)):
        data = await service.data("counterfactual-cost", team=str(TEAM), price_year=year)
        clients = {row["alternative_service"]: row["clients"] for row in data["rows"]}
        assert clients == {
            "round_the_clock": 11,
            "communal": 15,
            "supported": 54,
            "other_open_care": 25,
            "none": 0,
            "unknown": 0,
        }
        assert (data["service_cost_eur"], data["alternative_cost_eur"]) == ("230000.00", total)
        assert data["ratio"] == ratio
        flagged = [r["alternative_service"] for r in data["rows"] if not r["true_alternative"]]
        assert "other_open_care" in flagged
        assert any(f"prices of {year}" in said for said in data["assumptions"])


async def put_costs(service: Service) -> None:
    """Prices of both years, and what the team costs."""
    headers = service.mint.headers("prices:write")
    for (name, year), price in PRICES.items():
        body = {"unit_price_eur": price, "source": "a made up price list"}
        sent = await service.http.put(f"/v1/prices/{name}/{year}", json=body, headers=headers)
        assert sent.status_code == 201, sent.text
    body = {"cost_eur": SERVICE_COST, "source": "a made up account"}
    sent = await service.http.put(f"/v1/service-costs/{TEAM}/2022", json=body, headers=headers)
    assert sent.status_code == 201, sent.text


async def test_prices_with_low_and_high_give_a_range(service: Service) -> None:
    past = Past()
    for _ in range(5):
        past.close(past.begin(TEAM, SPRING, alternative="communal"), SPRING + 9 * DAY)
    await service.deliver(past.events)
    source = {"source": "a made up price list"}
    price = {"unit_price_eur": "40000", "low_eur": "30000", "high_eur": "60000", **source}
    cost = {"cost_eur": "100000", "low_eur": "80000", **source}
    headers = service.mint.headers("prices:write")
    await service.http.put("/v1/prices/communal/2022", json=price, headers=headers)
    await service.http.put(f"/v1/service-costs/{TEAM}/2022", json=cost, headers=headers)
    data = await service.data("counterfactual-cost")
    names = ("alternative_cost_low_eur", "alternative_cost_eur", "alternative_cost_high_eur")
    assert [data[name] for name in names] == ["150000.00", "200000.00", "300000.00"]
    assert [data[name] for name in ("ratio_low", "ratio", "ratio_high")] == [1.5, 2.0, 3.75]
    quarter = await service.data("counterfactual-cost", to="2022-03-31")
    assert quarter["service_cost_eur"] == "24657.53", "90 days of 365"
    unpriced = await service.data("counterfactual-cost", price_year="2023")
    assert (unpriced["alternative_cost_eur"], unpriced["ratio"]) == (None, None)


async def test_keski_suomis_ladder_comes_out_with_each_denominator(service: Service) -> None:
    past = Past()
    for where, count in LADDER.items():
        for _ in range(count):
            past.place(uuid4(), TEAM, where, date(2022, 5, 1), None)
        past.place(uuid4(), TEAM, where, date(2022, 5, 1), date(2022, 11, 30))
    await service.deliver(past.events)
    data = await service.data("service-ladder", on="2022-12-01")
    check_ladder(data)
    before = await service.data("service-ladder", on="2022-11-30")
    assert before["totals"][-1]["clients"] == 1017 + len(LADDER), "the last day is a day of it"


def check_ladder(data: dict[str, Any]) -> None:
    """Keski-Suomi's figures."""
    totals = {row["step"]: row for row in data["totals"]}
    figures = ("own", "purchased", "clients", "own_share", "purchased_share")
    assert {step: tuple(totals[step][name] for name in figures) for step in totals} == {
        "home_support": (250, 160, 410, 0.6098, 0.3902),
        "supported": (10, 180, 190, 0.0526, 0.9474),
        "communal_and_round_the_clock": (87, 330, 417, 0.2086, 0.7914),
        "temporary": (0, 0, 0, None, None),
        "all": (347, 670, 1017, 0.3412, 0.6588),
    }
    channels = {
        (row["denominator"], row["production"], row["channel"]): (
            row["clients"],
            row["denominator_clients"],
            row["share"],
        )
        for row in data["channels"]
    }
    of_production, of_channel = "clients_of_production", "clients_of_channel"
    assert channels[of_production, "own", "on_site"] == (97, 347, 0.2795)
    assert channels[of_production, "own", "mobile"] == (250, 347, 0.7205)
    assert channels[of_production, "purchased", "on_site"] == (510, 670, 0.7612)
    assert channels[of_production, "purchased", "mobile"] == (160, 670, 0.2388)
    assert channels[of_channel, "purchased", "on_site"] == (510, 607, 0.8402)
    assert channels[of_production, "own", "digital"] == (0, 347, 0.0), "none is 0, not null"


def test_imported_ladders_have_the_same_margins() -> None:
    placed = [place for case in ladder(str(TEAM)) for place in case["placements"]]
    assert len(placed) == sum(LADDER.values()) == 1017


async def test_fifteen_percent_of_liitus_booked_meetings_were_cancelled(service: Service) -> None:
    past = visited({"home": 102, "office": 51, "remote": 17}, 30, SPRING)
    past.events += visited({"home": 40, "outside": 55, "office": 5}, 0, SPRING + 366 * DAY).events
    await service.deliver(past.events)
    early = await service.data("visits")
    assert (early["booked"], early["cancelled"], early["cancelled_share"]) == (200, 30, 0.15)
    assert early["rows"][0] == {"location": "home", "kept": 102, "share": 0.6}
    later = await service.data("visits", **{"from": "2023-01-01", "to": "2023-12-31"})
    assert later["rows"][1] == {"location": "outside", "kept": 55, "share": 0.55}


async def test_nopsajalkas_cases_are_shorter_after_the_model_changed(service: Service) -> None:
    chance, past = random.Random(2021), Past()
    changed = datetime(2021, 7, 1, 9, tzinfo=UTC)
    for number in range(200):
        is_late = number >= 80
        days = 32 + number % 50 if is_late else 150 + number
        opened = changed + (chance.randrange(400) if is_late else -chance.randrange(1, 300)) * DAY
        past.close(past.begin(TEAM, opened), opened + days * DAY)
    await service.deliver(past.events)
    period = {"from": "2020-10-01", "to": "2023-09-30"}
    data = await service.data("durations", split_on="2021-07-01", **period)
    assert data["cases"] == 200
    before, after = data["cohorts"]
    assert (before["cases"], before["median_days"]) == (80, 189.5)
    assert (after["cases"], after["median_days"], after["p90_days"]) == (120, 61.5, 77.1)
    buckets = {row["bucket"]: (row["before"], row["after"]) for row in data["rows"]}
    assert buckets["1_to_3_months"] == (0, 120)
    assert buckets["3_to_6_months"] == (33, 0)


async def test_pirkanmaas_share_stands_against_its_target(service: Service) -> None:
    other = UUID(int=9)
    past = visited({"home": 20, "outside": 15, "office": 65}, 3, SPRING)
    case = past.begin(other, SPRING)
    for number in range(20):
        past.visit(case, SPRING + number * DAY, "home" if number < 10 else "office", "kept")
    await service.deliver(past.events)
    rows = (await service.data("mobile-share", target="0.4"))["rows"]
    assert [(r["unit"], r["year"], r["share"], r["target"]) for r in rows] == [
        (str(other), 2022, 0.5, 0.4),
        (str(TEAM), 2022, 0.35, 0.4),
    ]


async def test_falling_motivation_is_never_told_as_something_getting_worse(
    service: Service,
) -> None:
    past = Past()
    for points in ((8, 3), (5, 5), (2, 6)):
        case = past.begin(TEAM, SPRING)
        for day, value in enumerate(points):
            past.reading(case, SPRING + day * DAY, value)
    await service.deliver(past.events)
    year = {"from": "2022-01-01", "to": "2022-12-31"}
    answer = (await service.get("/v1/reports/motivation", **year)).json()
    assert [row["cases"] for row in answer["data"]["rows"]] == [1, 1, 1]
    assert "need has fallen" in answer["notes"][0]
    for word in ("worse", "deteriorat", "declin", "negative"):
        assert word not in str(answer["data"])
