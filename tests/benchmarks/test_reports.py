"""Every report at 100 000 and at 1 000 000 case events, against a scan of the events themselves.

Two questions: the dashboard's, a county's last year; and the last year of all counties together,
of which there are ten at a million events.
"""

import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg
import pytest

from services.analytics.reports import rules
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.report import Question
from services.analytics.settings import Settings
from shared.db import Database
from shared.settings import KafkaSettings
from tests.benchmarks.conftest import AnalyticsMaker
from tests.benchmarks.filling import OTHERS, Told, copy, deliver, keep, told
from tests.benchmarks.large_past import large_past
from tests.benchmarks.measuring import Times, interleaved, milliseconds, show
from tests.benchmarks.raw_sql import RAW
from tests.integration.analytics.conftest import Service
from tests.support.databases import Databases
from tests.support.past import COUNTY
from tests.support.settings import settings_for

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

EVENTS = int(os.environ.get("NOPSA_BENCHMARK_EVENTS", "100000"))
ROUNDS = int(os.environ.get("NOPSA_BENCHMARK_ROUNDS", "7"))
FIRST, LAST = date(2023, 10, 1), date(2024, 9, 29)
QUESTIONS = {"a county's year": COUNTY, "all counties' year": None}
GOAL_OF_RAW, GOAL_OF_GROWTH = 15.0, 2.0
SIZES = ("100k", "1M")
WAYS = ("query", "http", "raw")
Work = Callable[[], Awaitable[object]]
Taken = dict[tuple[str, str], dict[str, Times]]


@dataclass
class Side:
    """The service on a database of one size, and a connection to scan its events by."""

    service: Service
    connection: asyncpg.Connection

    async def compute(self, name: ReportName, county: str | None) -> Any:
        """The report's data, without HTTP."""
        async with self.service.database.sessions() as session, session.begin():
            return await REPORTS[name].compute(session, _asked(county))

    async def ask(self, name: ReportName, county: str | None) -> Any:
        """The report over HTTP."""
        query = {"from": str(FIRST), "to": str(LAST), **({"county": county} if county else {})}
        return await self.service.data(name, **query)

    async def scan(self, name: ReportName, county: str | None) -> list[tuple[Any, ...]]:
        """The report's main figures from the events themselves."""
        asked = _asked(county)
        sent = (RAW[name].statement, asked.start, asked.end, county)
        return [tuple(row) for row in await self.connection.fetch(*sent)]

    async def check(self, name: ReportName, county: str | None) -> None:
        """Both give the same figures; a scan may work out more than is compared."""
        figures = RAW[name].figures(await self.compute(name, county))
        scanned = await self.scan(name, county)
        assert sorted(figures) == sorted(row[: len(figures[0])] for row in scanned), name


async def test_the_dashboard_set_is_small_and_flat(
    postgres: Databases,
    kafka: KafkaSettings,
    analytics_on: AnalyticsMaker,
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = time.monotonic()
    past = told(large_past(random.Random(7), EVENTS))
    small = await postgres.fresh("analytics")
    await _fill(settings_for(Settings, small, kafka=kafka), past)
    large = await postgres.clone(small)
    await _grow(settings_for(Settings, large, kafka=kafka))
    with capsys.disabled():
        seconds = time.monotonic() - began
        print(f"\n{len(past)} events, and {10 * len(past)}; filled in {seconds:.0f} s")
    services = [await analytics_on(address) for address in (small, large)]
    async with _connected(services[0].settings) as one, _connected(services[1].settings) as other:
        sides = [Side(*each) for each in zip(services, (one, other), strict=True)]
        for asked, county in QUESTIONS.items():
            taken = await _measure(dict(zip(SIZES, sides, strict=True)), county)
            with capsys.disabled():
                _show(asked, taken)


async def _fill(settings: Settings, past: list[Told]) -> None:
    """A county through the handlers, and its events as they are."""
    database = Database(settings)
    await deliver(database, past)
    await database.close()
    async with _connected(settings) as connection:
        await keep(connection, past)
        await connection.execute("VACUUM ANALYZE")


async def _grow(settings: Settings) -> None:
    """Nine further counties."""
    async with _connected(settings) as connection:
        for number in range(1, len(OTHERS) + 1):
            await copy(connection, number)
        await connection.execute("VACUUM ANALYZE")


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.asyncpg_dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def _measure(sides: dict[str, Side], county: str | None) -> Taken:
    taken: Taken = {}
    for name in REPORTS:
        works: dict[str, Work] = {}
        for size, side in sides.items():
            await side.check(name, county)
            for way, work in _works(side, name, county).items():
                works[f"{size} {way}"] = work
        times = await interleaved(ROUNDS, works)
        for size in SIZES:
            taken[name, size] = {way: times[f"{size} {way}"] for way in WAYS}
    return taken


def _works(side: Side, name: ReportName, county: str | None) -> dict[str, Work]:
    return {
        "query": lambda: side.compute(name, county),
        "http": lambda: side.ask(name, county),
        "raw": lambda: side.scan(name, county),
    }


def _asked(county: str | None) -> Question:
    return Question(*rules.bounds(FIRST, LAST), county=county)


def _show(asked: str, taken: Taken) -> None:
    rows = []
    for name in REPORTS:
        small, large = (taken[name, size] for size in SIZES)
        of_raw, growth = large["raw"].over(large["query"]), large["query"].over(small["query"])
        meets = of_raw.median >= GOAL_OF_RAW and growth.median <= GOAL_OF_GROWTH
        shown = [milliseconds(each[way]) for each in (small, large) for way in WAYS]
        ratios = (of_raw, large["raw"].over(large["http"]), growth)
        rows.append((name, *shown, *ratios, "" if meets else "misses"))
    columns = [f"{way} {size}" for size in SIZES for way in WAYS]
    ratios_of = ("raw/query 1M", "raw/http 1M", "query 1M/100k")
    show(f"{asked} (ms; ratios)", ["report", *columns, *ratios_of, "goal"], rows)
    _show_goals(asked, taken)


def _show_goals(asked: str, taken: Taken) -> None:
    """What was aimed at, for the whole set round by round, and for single reports."""
    whole = {(size, way): _together(taken, size, way) for size in SIZES for way in WAYS}
    of_raw = whole["1M", "raw"].over(whole["1M", "query"])
    growth = whole["1M", "query"].over(whole["100k", "query"])
    ratios = [taken[name, "1M"]["raw"].over(taken[name, "1M"]["query"]) for name in REPORTS]
    met = sum(ratio.median >= GOAL_OF_RAW for ratio in ratios)
    least = min(ratio.median for ratio in ratios)
    rows = (
        (
            "whole set: raw/query 1M",
            f"at least {GOAL_OF_RAW:g}",
            of_raw,
            of_raw.median >= GOAL_OF_RAW,
        ),
        (
            "whole set: query 1M/100k",
            f"at most {GOAL_OF_GROWTH:g}",
            growth,
            growth.median <= GOAL_OF_GROWTH,
        ),
        (
            "single reports: raw/query 1M",
            f"at least {GOAL_OF_RAW:g}",
            f"{met} of {len(ratios)}, the least {least:.3g}",
            met == len(ratios),
        ),
    )
    shown = [(*row, "met" if is_met else "missed") for *row, is_met in rows]
    show(f"{asked}: goals", ["goal", "aimed at", "measured (range)", ""], shown)
    for way in WAYS:
        total = [milliseconds(whole[size, way]) for size in SIZES]
        print(f"The whole set, {way}: {total[0]} and {total[1]} ms")


def _together(taken: Taken, size: str, way: str) -> Times:
    """All reports of a round, one after the other."""
    every = [taken[name, size][way].seconds for name in REPORTS]
    return Times(tuple(map(sum, zip(*every, strict=True))))
