"""How many referrals the whole product takes on this machine, and how soon each has a case.

First as many as sixteen senders get answered, then a constant rate: the time from the moment a
referral was due to be sent until an outside consumer sees its case on the topic.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.region import load_region
from deploy.local.stack import Stack
from tests.benchmarks.measuring import show
from tests.benchmarks.pace import at_rate
from tests.support.bodies import made_up_codes, new_key, referral_body
from tests.support.house import House, eventually

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

SENDERS = 16
BUSY_SECONDS = 15.0
PER_SECOND = 5.0
STEADY_SECONDS = 30.0
PLACED = {b"nopsa.case.referral-accepted.v1", b"nopsa.case.waitlisted.v1"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The whole product, on a PostgreSQL that writes to disk."""
    stack = Stack(tmp_path, env={"NOPSA_RATE_PER_MINUTE": "600000"})
    stack.start()
    try:
        load_region(stack.urls, stack.token("admin"))
        async with httpx.AsyncClient(timeout=30) as http:
            yield House(stack, http)
    finally:
        stack.stop()


class Watch:
    """When each referral's case was first seen on its topic."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}

    @asynccontextmanager
    async def on(self, house: House) -> AsyncIterator["Watch"]:
        """Watches during the block."""
        consumer = AIOKafkaConsumer(
            "nopsa.case.v1",
            bootstrap_servers=house.stack.kafka,
            fetch_max_wait_ms=10,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        watching = asyncio.create_task(self._watch(consumer))
        try:
            yield self
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await consumer.stop()

    async def _watch(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            headers: dict[str, Any] = dict(record.headers)
            if headers["ce_type"] in PLACED:
                self.seen.setdefault(headers["ce_correlationid"].decode(), time.perf_counter())


async def test_referrals_are_taken_and_have_a_case_soon(house: House) -> None:
    codes, numbers = made_up_codes(), count()
    url = house.stack.urls["referral"] + "/v1/referrals"

    async def refer() -> str:
        body = referral_body(
            external_id=f"BENCH-{next(numbers)}", client={"identity_code": next(codes)}
        )
        answer = await house.http.post(url, json=body, headers=house.headers("prison") | new_key())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    taken: list[str] = []

    async def busy(until: float) -> None:
        while time.perf_counter() < until:
            taken.append(await refer())

    async with Watch().on(house) as watch:
        until = time.perf_counter() + BUSY_SECONDS
        await asyncio.gather(*(busy(until) for _ in range(SENDERS)))
        began = time.perf_counter()
        await eventually(lambda: all_placed(watch, taken), seconds=300)
        behind = time.perf_counter() - began
        rate = len(taken) / BUSY_SECONDS

        sent: dict[str, float] = {}

        async def steadily(_: int) -> None:
            due = time.perf_counter()
            sent[await refer()] = due

        answered = await at_rate(steadily, per_second=PER_SECOND, seconds=STEADY_SECONDS)
        await eventually(lambda: all_placed(watch, list(sent)), seconds=60)
    waits = [(watch.seen[one] - due) * 1000 for one, due in sent.items()]
    cuts = quantiles(waits, n=100)
    rows = [
        (f"taken a second, {SENDERS} senders at once", f"{rate:.0f}"),
        ("seconds until the last of them had a case", f"{behind:.1f}"),
        (
            f"answered, at {PER_SECOND:.0f} a second: p50, p99 in ms",
            _pair(answered.p50, answered.p99),
        ),
        ("case seen outside: p50, p95, p99 in ms", _pair(cuts[49], cuts[94], cuts[98])),
    ]
    show("Referrals through the whole product", ("", "measured"), rows)


async def all_placed(watch: Watch, referrals: list[str]) -> bool:
    """Whether each was seen."""
    return all(one in watch.seen for one in referrals)


def _pair(*values: float) -> str:
    return " / ".join(f"{value:.0f}" for value in values)
