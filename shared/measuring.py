"""The gauges that every event process keeps of its service's own tables: what waits, and for how
long. Every process of a service counts all of it, so ask for the maximum, never for the sum."""

import asyncio
from contextlib import suppress

import asyncpg
from opentelemetry.instrumentation.utils import suppress_instrumentation

from shared import metrics
from shared.settings import PlatformSettings

MEASURE_SECONDS = 5.0

_OUTBOX = """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(queued_at)), 0) AS age
    FROM outbox_queue
"""
_DISCLOSURES = """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(at)), 0) AS age
    FROM audit WHERE told_as IS NULL AND client_ref IS NOT NULL
"""
_DEAD_LETTERS = """
    SELECT topic, count(*) AS waiting FROM dead_letters
    WHERE state IN ('open', 'replaying') GROUP BY topic
"""


async def measure_for_ever(settings: PlatformSettings) -> None:
    """Measures until cancelled, on a connection of its own: when the pool is used up, that is to
    be seen. A lost database is tried again."""
    while True:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await _measure_on_a_connection(settings)
        await asyncio.sleep(MEASURE_SECONDS)


async def _measure_on_a_connection(settings: PlatformSettings) -> None:
    with suppress_instrumentation():
        connection = await asyncpg.connect(settings.asyncpg_dsn, timeout=5, command_timeout=15)
        try:
            while True:
                await measure(connection, settings.service_name)
                await asyncio.sleep(MEASURE_SECONDS)
        finally:
            await connection.close(timeout=2)


async def measure(connection: asyncpg.Connection, service: str) -> None:
    """Sets the gauges once."""
    for waiting, age in await connection.fetch(_OUTBOX):
        metrics.OUTBOX_DEPTH.labels(service).set(waiting)
        metrics.OUTBOX_OLDEST.labels(service).set(age)
    for waiting, age in await connection.fetch(_DISCLOSURES):
        metrics.DISCLOSURES_WAITING.labels(service).set(waiting)
        metrics.DISCLOSURES_OLDEST.labels(service).set(age)
    metrics.DEAD_LETTERS.clear()
    for topic, waiting in await connection.fetch(_DEAD_LETTERS):
        metrics.DEAD_LETTERS.labels(service, topic).set(waiting)
