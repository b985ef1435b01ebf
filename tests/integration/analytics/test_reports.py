"""How reports are listed, asked for and answered."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import START, TEAM, assigned, received

YEAR = {"from": "2022-01-01", "to": "2022-12-31"}
NAMES = [
    "client-flow",
    "referral-sources",
    "endings",
    "durations",
    "contact-times",
    "visits",
    "throughput",
    "service-ladder",
    "mobile-share",
    "counterfactual-cost",
    "service-gaps",
    "handovers",
    "housing-outcomes",
    "goals",
    "motivation",
    "consents",
    "segments",
    "age-groups",
    "multi-service",
]
PATHS = tuple(f"/v1/reports/{name}" for name in NAMES[:2])


async def test_reports_are_listed_with_their_definitions(service: Service) -> None:
    answer = (await service.get("/v1/reports", "reports:read")).json()
    assert [item["name"] for item in answer["items"]] == NAMES
    assert answer["next"] is None
    for item in answer["items"]:
        assert item["filters"]
        shown = (await service.get(f"/v1/reports/{item['name']}", **YEAR)).json()
        assert shown["definition"] == item["definition"]


async def test_an_answer_says_what_it_is(service: Service) -> None:
    answer = await service.get(PATHS[0], **YEAR, county="09")
    body = answer.json()
    assert list(body) == ["report", "definition", "period", "filters", "as_of", "data", "notes"]
    assert body["report"] == "client-flow"
    assert body["period"] == YEAR
    assert body["filters"] == {
        "team": None,
        "county": "09",
        "municipality": None,
        "source_kind": None,
        "age_group": None,
    }
    assert datetime.fromisoformat(body["as_of"]).utcoffset() == timedelta()
    assert body["notes"] == []
    assert answer.headers["vary"] == "Accept, Accept-Language"


async def test_small_numbers_are_noted_when_they_are_taken_out(service: Service) -> None:
    await service.deliver([assigned(uuid4(), uuid4(), START) for _ in range(4)])
    outside = (await service.get(PATHS[0], "reports:read", **YEAR)).json()
    assert outside["data"]["new"] is None
    assert outside["data"]["earlier"] == 0
    assert "1 to 4" in outside["notes"][0]
    inside = (await service.get(PATHS[0], **YEAR)).json()
    assert (inside["data"]["new"], inside["notes"]) == (4, [])
    await service.deliver([assigned(uuid4(), uuid4(), START)])
    grown = (await service.get(PATHS[0], "reports:read", **YEAR)).json()
    assert (grown["data"]["new"], grown["notes"]) == (5, [])


async def test_any_days_and_filters_are_answered_without_small_numbers(service: Service) -> None:
    await service.deliver([assigned(uuid4(), uuid4(), START) for _ in range(6)])
    days = {"from": "2022-01-02", "to": "2022-12-30", "age_group": "30-64", "source_kind": "self"}
    outside = await service.data("client-flow", "reports:read", **days)
    assert outside == await service.data("client-flow", **days)
    halves = await service.data("durations", "reports:read", split_on="2022-06-01")
    assert halves == await service.data("durations", split_on="2022-06-01")


async def test_a_period_that_goes_on_is_noted(service: Service) -> None:
    answer = await service.get(PATHS[0], **{"from": "2022-01-01", "to": "2199-12-31"})
    assert "has not ended" in answer.json()["notes"][0]


async def test_csv_holds_the_figures_or_the_rows(service: Service) -> None:
    await service.deliver([received(uuid4(), uuid4(), "self") for _ in range(6)])
    rows = await service.get(PATHS[1], accept="text/csv", **YEAR)
    assert rows.headers["content-type"].startswith("text/csv")
    assert "referral-sources_2022-01-01_2022-12-31.csv" in rows.headers["content-disposition"]
    assert rows.text == (
        "source_kind,referrals,accepted,redirected,waitlisted,cancelled,share\r\n"
        "self,6,0,0,0,0,1.0\r\n"
    )
    figures = await service.get(PATHS[0], accept="text/csv", **YEAR)
    assert figures.text.splitlines()[1] == ",".join("0" * 9)


async def test_an_unknown_report_is_not_found(service: Service) -> None:
    for query in (YEAR, {}):
        answer = await service.get("/v1/reports/moods", **query)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({"from": "2023-01-01"}, "/query/from", "period_reversed"),
        ({"from": "yesterday"}, "/query/from", "not_a_day"),
        ({"from": "1900-01-01"}, "/query/from", "greater_than_equal"),
        ({"to": "9999-12-31"}, "/query/to", "day_out_of_reach"),
        ({"team": "a team"}, "/query/team", "uuid_parsing"),
        ({"county": "99"}, "/query/county", "county_unknown"),
        ({"colour": "red"}, "/query/colour", "extra_forbidden"),
        ({"target": "0.4"}, "/query/target", "not_of_this_report"),
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(
    service: Service, path: str, query: dict[str, str], pointer: str, code: str
) -> None:
    refused = await service.get(path, **(YEAR | query))
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(pointer, code)]


async def test_the_period_is_needed(service: Service) -> None:
    refused = await service.get(PATHS[0], team=str(TEAM))
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/query/from", "/query/to"]


async def test_reports_need_their_scope(service: Service) -> None:
    for path in ("/v1/reports", *PATHS):
        refused = await service.get(path, "reports:internal", **YEAR)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
