"""Whoever subtracts one answer from another finds no small number: neighbours in time and place."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from services.analytics.reports import queries
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.small_numbers import Identity, identities
from shared.contracts import EventData
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import TEAM, imported
from tests.integration.analytics.test_client_flow import LIITU
from tests.support.history import liitu
from tests.support.random_past import some_past

OUTSIDE = "reports:read"
FLOW, SOURCES, VISITS = (
    ReportName.CLIENT_FLOW,
    ReportName.REFERRAL_SOURCES,
    ReportName.VISITS,
)
ATTACKED = {FLOW: REPORTS[FLOW].filters, SOURCES: ("municipality",)}
"""By hand, all filters of all reports were attacked."""
BESIDE_THE_GRID = {
    "a day less": {"to": "2022-12-30"},
    "a day later": {"from": "2022-01-02"},
    "two filters": {"team": str(TEAM), "age_group": "30-64"},
    "a team's half of a year": {"team": str(TEAM), "to": "2022-06-30"},
    "a team's two years": {"team": str(TEAM), "to": "2023-12-31"},
    "half a year": {"to": "2022-06-30"},
    "four months": {"to": "2022-04-30"},
    "years in which persons are counted once": {"to": "2023-12-31"},
}
PLACES = (("15", "179"), ("15", "290"), ("09", "398"))
Told = dict[Identity, int]
Answers = dict[str, Told]


@pytest.fixture
def chosen() -> dict[str, object]:
    """The county tells outsiders nothing but what it publishes."""
    return {"reports_published_only": True}


def somewhere(chance: random.Random) -> list[EventData]:
    """A past in three municipalities of two counties, most of it in one."""
    told: list[EventData] = []
    for event in some_past(chance, 90).events:
        county, municipality = chance.choices(PLACES, (12, 5, 1))[0]
        where = {"county": county, "municipality": municipality}
        has = {name: value for name, value in where.items() if name in type(event).model_fields}
        told.append(event.model_copy(update=has))
    return told


async def told(service: Service, report: ReportName, **query: str) -> Told:
    """The counts that an outsider is shown; a row that is not there is nothing."""
    data = await service.data(report, OUTSIDE, **query)
    protects = REPORTS[report].protects
    shown = {
        key: [
            {n: v for n, v in row.items() if n not in protects.counts or v is not None}
            for row in value
        ]
        if isinstance(value, list) and key != "assumptions"
        else value
        for key, value in data.items()
        if key not in protects.counts or value is not None
    }
    return identities(shown, protects)


async def narrowed(service: Service, report: ReportName, name: str) -> tuple[Told, Answers]:
    """The year of everybody, and of each value of a filter."""
    values = {
        "team": [str(row[0]) for row in await teams(service)],
        "county": ["15", "09"],
        "municipality": ["179", "290", "398"],
        "source_kind": ["prison", "landlord", "self"],
        "age_group": ["18-29", "30-64"],
    }[name]
    parts = {value: await told(service, report, **{name: value}) for value in values}
    return await told(service, report), parts


async def teams(service: Service) -> Any:
    async with service.database.engine.connect() as connection:
        found = await connection.exec_driver_sql("SELECT team FROM team_facts ORDER BY team")
        return found.all()


def small(whole: Told, parts: Answers) -> Iterator[tuple[Identity, int]]:
    """What is left of the whole less some parts: one of them, all but one, all of them."""
    for identity, total in whole.items():
        shown = [part[identity] for part in parts.values() if identity in part]
        for less in {*shown, sum(shown), *(sum(shown) - each for each in shown)}:
            if 0 < total - less < 5:
                yield identity, total - less


async def by_filters(service: Service, report: ReportName, *names: str) -> list[Any]:
    found = []
    for name in names:
        whole, parts = await narrowed(service, report, name)
        found += [(name, *each) for each in small(whole, parts)]
    return found


async def by_months(service: Service, report: ReportName) -> list[Any]:
    """The year less its quarters and months, and each quarter less its months."""
    year, starts = await told(service, report), [f"2022-{month:02}-01" for month in range(1, 13)]
    ends = [str(date.fromisoformat(each) - timedelta(days=1)) for each in starts[1:]]
    ends.append("2022-12-31")
    months, quarters = {}, {}
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        months[first] = await told(service, report, **{"from": first, "to": last})
        if number % 3 == 0:
            quarter = {"from": first, "to": ends[number + 2]}
            quarters[first] = await told(service, report, **quarter)
    found = [*small(year, months), *small(year, quarters)]
    for number, quarter_told in enumerate(quarters.values()):
        of_quarter = starts[3 * number : 3 * number + 3]
        found += small(quarter_told, {first: months[first] for first in of_quarter})
    return found


async def test_what_filters_and_months_leave_of_each_other_is_no_small_number(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.deliver(somewhere(random.Random(5)))
    for report, names in ATTACKED.items():
        assert await by_filters(service, report, *names) == [], report
    assert await by_months(service, VISITS) == []
    assert await told(service, VISITS, to="2022-03-31"), "a quarter is told of all the same"

    async def each_answer_alone(*_: object) -> set[Identity]:
        return set()

    monkeypatch.setattr(queries, "told_of_no_sibling", each_answer_alone)
    assert await by_filters(service, FLOW, "source_kind", "age_group"), "the attack is one"
    assert await by_months(service, VISITS)


async def test_outsiders_are_told_nothing_beside_the_grid(service: Service) -> None:
    await service.deliver(imported(liitu(str(TEAM))))
    for what, query in BESIDE_THE_GRID.items():
        period = {"from": "2022-01-01", "to": "2022-12-31"} | query
        answer = (await service.get("/v1/reports/client-flow", OUTSIDE, **period)).json()
        assert set(answer["data"].values()) == {None}, what
        assert "subtracting two answers" in answer["notes"][0]
        rows = await service.data("age-groups", OUTSIDE, **query)
        assert rows["rows"] == [], "a row would tell that there was somebody"
        assert None not in (await service.data("client-flow", **query)).values()


async def test_years_of_what_happened_are_told_together(service: Service) -> None:
    await service.deliver(imported(liitu(str(TEAM))))
    years = {"from": "2021-01-01", "to": "2022-12-31"}
    for report in ("endings", "referral-sources"):
        assert (await service.data(report, OUTSIDE, **years))["rows"], report


async def test_a_documents_year_is_exact_for_outsiders_too(service: Service) -> None:
    await service.deliver(imported(liitu(str(TEAM))))
    assert await service.data("client-flow", OUTSIDE) == LIITU
    assert await service.data("client-flow", OUTSIDE, team=str(TEAM)) == LIITU
