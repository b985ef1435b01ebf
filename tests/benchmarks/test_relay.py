"""How fast the relay moves a backlog, beside a bare producer that sends the same messages.

The relay is that of the referral service's event process, with everything on. The bare producer is
a process too: it has the messages in memory and awaits batches of 500. Then a long backlog: the
relay must not grow slower with what waits behind, or with what it has sent already.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from deploy.local.region import load_region
from deploy.local.stack import Stack
from tests.benchmarks.measuring import Ratio, Times, met, rounds, show
from tests.benchmarks.usage import processor_seconds
from tests.support.bodies import referral_body
from tests.support.house import House

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

BACKLOG = 10_000
LONG_BACKLOG = {"kafka": 1_000_000, "tansu": 100_000}
"""The embedded broker keeps all it gets in memory."""
ROUNDS = rounds()
GOAL = 0.8
CHUNK = 10_000

_COPY = """
    INSERT INTO outbox (event_id, topic, key, key_hash, value, headers)
    SELECT id, topic, convert_to(person::text, 'UTF8'), hashtext(person::text), value,
        replace(headers::text, event_id::text, id::text)::json
    FROM (
        SELECT real.*, gen_random_uuid() AS id, md5((n % 5000)::text)::uuid AS person
        FROM model AS real, generate_series(1, $1) AS n
    ) AS copy
"""


@dataclass(frozen=True)
class Bench:
    """A referral service whose outbox can be filled at will."""

    house: House
    database: asyncpg.Connection

    @property
    def relay(self) -> int:
        """The process id of the event process."""
        return self.house.stack.pids()["referral-worker"]

    async def fill(self, count: int) -> float:
        """Leaves a backlog of copies of a real event; when it was there."""
        async with self.database.transaction():
            await self.database.execute(_COPY, count, timeout=600)
            return time.perf_counter()

    async def drained(self) -> float:
        """When the last event was sent and had left the queue."""
        look = "SELECT EXISTS (SELECT FROM outbox_queue)"
        while await self.database.fetchval(look):
            await asyncio.sleep(0.01)
        return time.perf_counter()

    async def drain(self, count: int) -> tuple[float, float]:
        """How many seconds a backlog takes, and how many of the relay's CPU."""
        cpu = processor_seconds(self.relay)
        began = await self.fill(count)
        seconds = await self.drained() - began
        return seconds, processor_seconds(self.relay) - cpu

    async def empty(self) -> None:
        """Forgets what was sent, so that each round begins alike."""
        await self.database.execute("TRUNCATE outbox, outbox_queue")


@pytest.fixture
async def bench(tmp_path: Path, broker: str) -> AsyncIterator[Bench]:
    """The referral service on a PostgreSQL that writes to disk, with one real event to copy."""
    stack = Stack(tmp_path, broker=broker, services=("referral",))  # type: ignore[arg-type]
    stack.start()
    try:
        async with httpx.AsyncClient(timeout=30) as http:
            database = await asyncpg.connect(stack.dsns["referral"])
            bench = Bench(House(stack, http), database)
            load_region(stack.urls, stack.token("admin"))
            await bench.house.refer("prison", referral_body())
            await bench.drained()
            await database.execute(
                "CREATE TABLE model AS SELECT event_id, topic, value, headers "
                "FROM outbox WHERE topic = 'nopsa.referral.v1' LIMIT 1"
            )
            await bench.empty()
            yield bench
            await database.close()
    finally:
        stack.stop()


class RawProducer:
    """The bare producer's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def send(self) -> tuple[float, float]:
        """How many seconds it takes to send all, and how many of its CPU."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        taken = await self.answer()
        return taken["seconds"], taken["cpu"]

    async def answer(self) -> dict[str, Any]:
        """What it says next."""
        assert self._process.stdout is not None
        return dict(json.loads(await self._process.stdout.readline()))


@asynccontextmanager
async def raw_producer(bench: Bench) -> AsyncIterator[RawProducer]:
    """A bare producer of the messages that lie in the outbox now."""
    service = bench.house.stack.services[0]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.raw_producer_process",
        env=service.environment(0),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    producer = RawProducer(process)
    try:
        assert (await producer.answer())["messages"] >= BACKLOG
        yield producer
    finally:
        process.kill()
        await process.wait()


async def test_the_relay_beside_a_bare_producer(bench: Bench, broker: str) -> None:
    await bench.drain(BACKLOG)
    async with raw_producer(bench) as raw:
        await raw.send()
        relayed, sent = [], []
        for _ in range(ROUNDS):
            await bench.empty()
            relayed.append(await bench.drain(BACKLOG))
            sent.append(await raw.send())
    times, raw_times = (Times(tuple(s for s, _ in each)) for each in (relayed, sent))
    cpu, raw_cpu = (Times(tuple(c for _, c in each)) for each in (relayed, sent))
    rate = raw_times.over(times)
    rows = [
        (
            "events a second",
            _rate(times),
            _rate(raw_times),
            rate,
            f">= {GOAL}",
            met(rate.median >= GOAL),
        ),
        ("CPU-ms per event", _cpu(cpu), _cpu(raw_cpu), cpu.over(raw_cpu), "", ""),
    ]
    title = f"The relay, a backlog of {BACKLOG} events, {ROUNDS} rounds ({broker})"
    show(title, ("", "relay", "bare producer", "ratio", "goal", ""), rows)


async def test_a_long_backlog_drains_as_fast_as_a_short_one(bench: Bench, broker: str) -> None:
    count = LONG_BACKLOG[broker]
    await bench.drain(BACKLOG)
    short = []
    for _ in range(ROUNDS):
        await bench.empty()
        short.append((await bench.drain(BACKLOG))[0] / BACKLOG)
    await bench.empty()
    cpu = processor_seconds(bench.relay)
    began = await bench.fill(count)
    seconds = await bench.drained() - began
    long = seconds / count
    ratio = Ratio(tuple(one / long for one in short))
    rows = [
        (
            f"{count / seconds:.0f}",
            f"{1 / Times(tuple(short)).median:.0f}",
            ratio,
            ">= 0.9",
            met(ratio.median >= 0.9),
            f"{(processor_seconds(bench.relay) - cpu) / count * 1000:.3f}",
        )
    ]
    columns = (
        f"{count} events: a second",
        f"{BACKLOG} events: a second",
        "ratio",
        "goal",
        "",
        "CPU-ms per event",
    )
    show(f"A long backlog against a short one ({broker})", columns, rows)


def _rate(times: Times) -> str:
    return f"{BACKLOG / times.median:.0f}"


def _cpu(times: Times) -> str:
    return f"{times.median / BACKLOG * 1000:.3f}"
