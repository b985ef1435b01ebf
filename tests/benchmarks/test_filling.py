"""A county copied in the database is the one that its events, under the copy's ids, would make."""

import random
from typing import Any

import asyncpg
import pytest

from services.analytics.tables import Base
from tests.benchmarks.conftest import AnalyticsMaker
from tests.benchmarks.filling import Told, copy, deliver, keep, told
from tests.benchmarks.large_past import large_past
from tests.integration.analytics.conftest import Service
from tests.support.databases import Databases

pytestmark = pytest.mark.benchmark
EVENTS, COPY = 1500, 3


async def facts(service: Service) -> dict[str, list[dict[str, Any]]]:
    connection = await asyncpg.connect(service.settings.asyncpg_dsn)
    try:
        found = {}
        for table in Base.metadata.tables:
            rows = await connection.fetch(f"SELECT * FROM {table} ORDER BY {table}")
            found[table] = [dict(row) for row in rows]
        return found
    finally:
        await connection.close()


async def test_a_copied_county_is_the_one_that_its_events_would_make(
    postgres: Databases, analytics_on: AnalyticsMaker
) -> None:
    events = told(large_past(random.Random(3), EVENTS))
    by_handlers, by_copy = [
        await analytics_on(await postgres.fresh("analytics")) for _ in ("by handlers", "by copy")
    ]
    await deliver(by_handlers.database, [*events, *(event.of_copy(COPY) for event in events)])
    await deliver(by_copy.database, events)
    connection = await asyncpg.connect(by_copy.settings.asyncpg_dsn)
    await keep(connection, events)
    await copy(connection, COPY)
    copied = await connection.fetchval("SELECT count(*) FROM events WHERE county <> '15'")
    told_of_copy = await connection.fetch("SELECT type, data FROM events WHERE county <> '15'")
    await connection.close()
    assert copied == len(events)
    expected = {(event.type, event.of_copy(COPY).parsed()) for event in events}
    assert {(row["type"], _parsed(row)) for row in told_of_copy} == expected
    found = await facts(by_copy)
    assert found == await facts(by_handlers)
    assert sum(1 for rows in found.values() if rows) > 12


def _parsed(row: asyncpg.Record) -> Any:
    return Told(row["type"], row["data"]).parsed()
