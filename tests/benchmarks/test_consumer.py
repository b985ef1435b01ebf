"""How many events a consumer applies, beside the least that PostgreSQL could be asked for them.

The least is pgbench with eight connections, each transaction two rows: the inbox's and the
outbox's. Two consumers are measured: the smallest there can be on the platform (inbox, one row of
effect, one event of its own), and caseload's, which finds each referral a place among the teams.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.postgres_home import find_home
from deploy.local.region import load_region
from deploy.local.stack import Stack
from shared import outbox
from shared.contracts.referral import ReferralReceived
from tests.benchmarks.measuring import Ratio, Times, met, rounds, show
from tests.benchmarks.usage import processor_seconds
from tests.integration.caseload.conftest import referral

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

EVENTS = {"small": 2000, "caseload": 200}
"""So many a round, which takes some seconds."""
ROUNDS = rounds()
GOAL = 0.5
CONNECTIONS = 8
SECONDS = 4
_TABLES = """
    CREATE TABLE effects (nth bigserial PRIMARY KEY, referral_id uuid, client_ref uuid);
    CREATE TABLE bench_inbox (LIKE inbox INCLUDING ALL);
    CREATE TABLE bench_outbox (LIKE outbox INCLUDING ALL);
"""
_TWO_ROWS = """\
BEGIN;
INSERT INTO bench_inbox (event_id, topic, partition, "offset", outcome)
    VALUES (gen_random_uuid(), 'nopsa.referral.v1', 1, 1, 'applied');
INSERT INTO bench_outbox (event_id, topic, key, key_hash, value, headers)
    VALUES (gen_random_uuid(), 'nopsa.case.v1', 'key', 1, repeat('x', 600)::bytea,
        to_json(repeat('y', 600)));
COMMIT;
"""


@dataclass(frozen=True)
class Bench:
    """The caseload service, whose event process can be given events at will."""

    stack: Stack
    database: asyncpg.Connection
    producer: AIOKafkaProducer

    async def send(self, count: int) -> None:
        """Puts so many referrals of as many persons on their topic."""
        for first in range(0, count, 500):
            await asyncio.gather(*[await self._send_one() for _ in range(min(500, count - first))])

    async def _send_one(self) -> asyncio.Future[object]:
        data: ReferralReceived = referral()
        message = outbox.message(data, key=data.client_ref, correlation_id=data.aggregate_id)
        trace = ("traceparent", f"00-{uuid4().hex}-{uuid4().hex[:16]}-01".encode())
        headers = [*((name, value.encode()) for name, value in message.headers), trace]
        return await self.producer.send(  # type: ignore[no-any-return]
            message.topic, message.value, message.key, headers=headers
        )

    async def apply(self, count: int, pid: int) -> tuple[float, float]:
        """Events a second, and CPU-ms of the consumer for each."""
        before = await self.applied()
        await self.send(count)
        cpu, first = processor_seconds(pid), await self.applied()
        began = time.perf_counter()
        while (now := await self.applied()) < before + count:
            await asyncio.sleep(0.02)
        seconds = time.perf_counter() - began
        done = now - first
        return done / seconds, (processor_seconds(pid) - cpu) / done * 1000

    async def applied(self) -> int:
        """How many the inbox has."""
        return int(await self.database.fetchval("SELECT count(*) FROM inbox"))

    async def two_rows(self) -> float:
        """pgbench's transactions a second."""
        script = self.stack.data_dir / "two_rows.sql"
        script.write_text(_TWO_ROWS)
        pgbench = find_home(self.stack.data_dir).programs / "pgbench"
        options = f"-n -c {CONNECTIONS} -j 2 -T {SECONDS} -M prepared -f {script}".split()
        process = await asyncio.create_subprocess_exec(
            str(pgbench), *options, self.stack.dsns["caseload"], stdout=asyncio.subprocess.PIPE
        )
        told, _ = await process.communicate()
        line = next(line for line in told.decode().splitlines() if line.startswith("tps = "))
        return float(line.split()[2])


@pytest.fixture
async def bench(tmp_path: Path, broker: str) -> AsyncIterator[Bench]:
    """The caseload service with its region's teams, on a PostgreSQL that writes to disk."""
    stack = Stack(tmp_path, broker=broker, services=("caseload",))  # type: ignore[arg-type]
    stack.start()
    try:
        load_region(stack.urls, stack.token("admin"))
        database = await asyncpg.connect(stack.dsns["caseload"])
        await database.execute(_TABLES)
        producer = AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all")
        await producer.start()
        yield Bench(stack, database, producer)
        await producer.stop()
        await database.close()
    finally:
        stack.stop()


@asynccontextmanager
async def small_consumer(bench: Bench) -> AsyncIterator[int]:
    """The smallest consumer instead of caseload's, as a group of its own; its process id."""
    bench.stack.supervisor.stop("caseload-worker")
    service = bench.stack.services[0]
    specification = service.worker_spec()
    environment = {
        **specification.command.env,
        "NOPSA_SERVICE_NAME": "small",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.small_consumer_process", env=environment
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def test_the_smallest_consumer_beside_two_rows_in_postgres(bench: Bench, broker: str) -> None:
    async with small_consumer(bench) as pid:
        await measure(bench, "small", pid, broker)


async def test_caseloads_consumer_beside_two_rows_in_postgres(bench: Bench, broker: str) -> None:
    await measure(bench, "caseload", bench.stack.pids()["caseload-worker"], broker)


async def measure(bench: Bench, name: str, pid: int, broker: str) -> None:
    """Rounds of both by turns, and their table."""
    count = EVENTS[name]
    await bench.apply(count, pid)
    applied, cpu, rows = [], [], []
    for _ in range(ROUNDS):
        rate, spent = await bench.apply(count, pid)
        applied.append(rate)
        cpu.append(spent)
        rows.append(await bench.two_rows())
    ratio = Ratio.of(applied, rows)
    row = (
        name,
        f"{Times(tuple(applied)).median:.0f}",
        f"{Times(tuple(rows)).median:.0f}",
        ratio,
        f">= {GOAL}",
        met(ratio.median >= GOAL),
        f"{Times(tuple(cpu)).median:.2f}",
    )
    columns = (
        "consumer",
        "events a second",
        "pgbench a second",
        "ratio",
        "goal",
        "",
        "CPU-ms per event",
    )
    show(f"A consumer beside pgbench, {ROUNDS} rounds of {count} events ({broker})", columns, [row])
