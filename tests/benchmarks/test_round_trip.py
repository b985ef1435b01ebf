"""How soon a referral has its workers, beside a bare message there and back.

Referrals are posted at a constant rate, whatever the answers; a trip ends when an outside consumer
sees the case assigned. In between lie the answer's transaction, the relay, the broker, the
consumer's transaction, the relay and the broker again. The bare message goes from a producer to a
consumer, with the same longest wait of a fetch, over a topic of the same broker.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.local.region import load_region, read_region
from deploy.local.stack import Stack
from tests.benchmarks.measuring import Ratio, met, rounds, show
from tests.benchmarks.pace import Latency, at_rate
from tests.benchmarks.usage import family_seconds
from tests.support.bodies import made_up_codes, new_key, referral_body
from tests.support.house import House

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

FETCH_MAX_WAIT_MS = 50
PER_SECOND = 20.0
SECONDS = 10.0
ROUNDS = rounds()
GOALS = {"p50": 5.0, "p99": 3.0}
RAW_TOPIC = "nopsa.gap.v1.dlq"
"""A topic on which nothing happens."""
ASSIGNED = b"nopsa.case.assigned.v1"
ROOM = 1_000
"""Capacity of a worker, so that every case finds one."""


class Watch:
    """Wakes who waits for an id that comes by on a topic."""

    def __init__(self) -> None:
        self._seen: dict[str, asyncio.Event] = {}

    def seen(self, name: str) -> asyncio.Event:
        """Set when it was seen."""
        return self._seen.setdefault(name, asyncio.Event())

    async def watch(self, consumer: AIOKafkaConsumer, header: str, kind: bytes | None) -> None:
        """Watches until cancelled."""
        async for record in consumer:
            headers: Mapping[str, Any] = dict(record.headers)
            if kind is None or headers.get("ce_type") == kind:
                self.seen(headers[header].decode()).set()


@pytest.fixture
async def house(tmp_path: Path, broker: str) -> AsyncIterator[House]:
    """The services on the way, on a PostgreSQL that writes to disk, with room for all."""
    stack = Stack(
        tmp_path,
        broker=broker,  # type: ignore[arg-type]
        services=("referral", "caseload"),
        env={
            "NOPSA_RATE_PER_MINUTE": "600000",
            "NOPSA_KAFKA_FETCH_MAX_WAIT_MS": str(FETCH_MAX_WAIT_MS),
        },
    )
    stack.start()
    try:
        load_region(stack.urls, stack.token("admin"))
        async with httpx.AsyncClient(timeout=30) as http:
            house = House(stack, http)
            for worker in read_region()["workers"]:
                await house.give_room(worker["id"], capacity_points=ROOM)
            yield house
    finally:
        stack.stop()


async def watching(
    exits: AsyncExitStack, house: House, topic: str, header: str, kind: bytes | None
) -> Watch:
    """A watch on a topic, from now on."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=house.stack.kafka,
        fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    exits.push_async_callback(consumer.stop)
    watch = Watch()
    task = asyncio.create_task(watch.watch(consumer, header, kind))
    exits.callback(task.cancel)
    return watch


async def test_a_referral_has_its_workers_soon(house: House, broker: str) -> None:
    codes, numbers = made_up_codes(), count()
    url = house.stack.urls["referral"] + "/v1/referrals"
    async with AsyncExitStack() as exits:
        assigned = await watching(exits, house, "nopsa.case.v1", "ce_correlationid", ASSIGNED)
        returned = await watching(exits, house, RAW_TOPIC, "ce_id", None)
        producer = AIOKafkaProducer(bootstrap_servers=house.stack.kafka, acks="all")
        await producer.start()
        exits.push_async_callback(producer.stop)
        answers: list[float] = []

        async def refer(_: int) -> None:
            body = referral_body(
                external_id=f"BENCH-{next(numbers)}", client={"identity_code": next(codes)}
            )
            began = time.perf_counter()
            headers = house.headers("prison") | new_key()
            answer = await house.http.post(url, json=body, headers=headers)
            assert answer.status_code == 201, answer.text
            answers.append((time.perf_counter() - began) * 1000)
            async with asyncio.timeout(120):
                await assigned.seen(answer.json()["id"]).wait()

        async def there_and_back(_: int) -> None:
            name = str(uuid4())
            headers = [("ce_id", name.encode())]
            await producer.send(RAW_TOPIC, b"x" * 600, name.encode(), headers=headers)
            async with asyncio.timeout(120):
                await returned.seen(name).wait()

        trips, raw, spent = [], [], []
        for _ in range(ROUNDS + 1):
            before = processor_of(house)
            trips.append(await at_rate(refer, per_second=PER_SECOND, seconds=SECONDS))
            spent.append({name: now - before[name] for name, now in processor_of(house).items()})
            raw.append(await at_rate(there_and_back, per_second=PER_SECOND, seconds=SECONDS))
    report(trips[1:], raw[1:], broker)
    print(f"answered after {median(answers):.0f} ms (p50)")
    report_processor(spent[1:])


def processor_of(house: House) -> dict[str, float]:
    """What each process of the product, PostgreSQL and the broker have used so far."""
    return {name: family_seconds(pid) for name, pid in house.stack.pids().items()}


def report_processor(spent: list[dict[str, float]]) -> None:
    """Prints what each process used for a referral: what they need together must be there."""
    each = {
        name: median(one[name] for one in spent) / (PER_SECOND * SECONDS) * 1000
        for name in spent[0]
    }
    rows = [(name, f"{used:.1f}") for name, used in each.items()]
    show("CPU-ms per referral", ("", ""), [*rows, ("together", f"{sum(each.values()):.1f}")])


def report(trips: list[Latency], raw: list[Latency], broker: str) -> None:
    """Prints both, and how they stand to each other."""
    rows: list[tuple[object, ...]] = []
    for name, goal in GOALS.items():
        mine, theirs = ([getattr(one, name) for one in each] for each in (trips, raw))
        ratio = Ratio.of(mine, theirs)
        reached = met(ratio.median <= goal)
        rows.append(
            (name, f"{median(mine):.1f}", f"{median(theirs):.1f}", ratio, f"<= {goal:g}", reached)
        )
    title = (
        f"From POST to assigned, {PER_SECOND:.0f} a second, {ROUNDS} rounds of {SECONDS:.0f} s; "
        f"ms ({broker})"
    )
    show(title, ("", "referral", "bare message", "ratio", "goal", ""), rows)
