"""Anything on any topic: no partition ever stops, the good event behind it is applied, and what
is refused is refused in reading: nothing gets as far as a handler that fails at it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.analytics.consumers import HANDLERS as ANALYTICS
from services.caseload.consumers import HANDLERS as CASELOAD
from services.consent.consumers import HANDLERS as CONSENT
from services.referral.consumers import HANDLERS as REFERRAL
from shared.consumer import Consumer, Handlers
from shared.contracts import event_class, topic_of, type_of
from shared.db import Database
from shared.settings import KafkaSettings, PlatformSettings
from shared.topics import create
from tests.contract.test_contracts import SAMPLES
from tests.support.attacks import Attack
from tests.support.databases import Databases
from tests.support.deeper import examples
from tests.support.happenings import running
from tests.support.raw_batches import send_unreadable
from tests.support.settings import settings_for

HOUSES: Mapping[str, tuple[Handlers, str]] = {
    "referral": (REFERRAL, "nopsa.consent.given.v1"),
    "caseload": (CASELOAD, "nopsa.referral.received.v1"),
    "consent": (CONSENT, "nopsa.client.linked.v1"),
    "analytics": (ANALYTICS, "nopsa.referral.received.v1"),
}
"""Every consumer, and the type of the good event that must always come through."""

BATCHES = {"referral": 50, "caseload": 1, "consent": 1, "analytics": 200}
GOLDEN: dict[str, dict[str, Any]] = {
    path.name.removesuffix(".json"): json.loads(path.read_text("utf-8")) for path in SAMPLES
}
Header = tuple[str, bytes]
Odd = tuple[bytes | None, bytes | None, list[Header]]

TEXTS = st.text(max_size=12) | st.sampled_from(["\x00", "=1", "\u202e", "x" * 70_000])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 2**31, 2**63, 2**200, 1e308, 0.1])
    | TEXTS
    | st.uuids().map(str)
    | st.sampled_from(
        ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "2026-02-30", "2026-01-01"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
HEADER_VALUES = st.binary(max_size=40) | st.sampled_from([b"\x00", b"\xff" * 3000])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ce_id", "ce_type", "ce_correlationid", "traceparent", "tracestate", "baggage"]
        )
        | st.text(max_size=5),
        HEADER_VALUES,
    ),
    max_size=4,
)


NUMBERS = st.integers(-1, 3) | st.sampled_from([2**31 - 1, 2**31, 2**63, -(2**31), 10**30])
DAYS = ["0001-01-01", "1800-01-01", "1899-12-31", "2026-03-29", "2299-12-31", "9999-12-31"]
CLOCKS = ["00:00:00+14:00", "03:30:00+02:00", "23:59:59.999999Z", "23:59:59-14:00"]
MOMENTS = st.tuples(st.sampled_from(DAYS), st.sampled_from(CLOCKS)).map("T".join)


def kin_of(value: object) -> st.SearchStrategy[Any]:
    """Values of the same kind, which a schema without bounds takes."""
    if isinstance(value, int):
        return NUMBERS
    if isinstance(value, list):
        return st.lists(st.sampled_from(value), max_size=3) if value else VALUES
    if not isinstance(value, str):
        return VALUES
    if value[4:5] == value[7:8] == "-":
        return MOMENTS if "T" in value else st.sampled_from(DAYS)
    if value[8:9] == value[13:14] == "-":
        return st.uuids().map(str)
    return st.just(value) | TEXTS


@st.composite
def bent_events(draw: st.DrawFn, names: list[str]) -> Odd:
    """A published event with some fields changed, gone or added, and headers of its own."""
    name = draw(st.sampled_from(names))
    known = sorted({str(data["aggregate_id"]) for data in GOLDEN.values()})
    data = dict(GOLDEN[name])
    if draw(st.booleans()):
        data["aggregate_id"] = draw(st.sampled_from(known) | st.uuids().map(str))
    for field in draw(st.lists(st.sampled_from(sorted(data)), max_size=4)):
        data[field] = draw(kin_of(data[field]))
    if draw(st.integers(1, 5)) == 5:
        field = draw(st.sampled_from(sorted(data)) | TEXTS)
        data[field] = draw(VALUES)
    if draw(st.integers(1, 5)) == 5:
        data.pop(draw(st.sampled_from(sorted(data))))
    headers = [("ce_id", str(draw(st.uuids())).encode()), ("ce_type", name.encode())]
    value = json.dumps(data).encode()
    if draw(st.integers(1, 9)) == 9:
        value = value[: draw(st.integers(0, len(value)))]
    if draw(st.integers(1, 5)) == 5:
        headers += draw(HEADERS)
    return draw(st.none() | st.binary(max_size=20)), value, headers


ANYTHING: st.SearchStrategy[Odd] = st.tuples(
    st.none() | st.binary(max_size=50), st.none() | st.binary(max_size=300), HEADERS
)


def odd_for(handlers: Handlers) -> st.SearchStrategy[list[Odd]]:
    """Odd messages: most of a type that these handlers take, some of others, some of none."""
    handled = sorted(type_of(data_class) for data_class in handlers)
    ours = bent_events(handled)
    one = ours | ours | ours | bent_events(sorted(GOLDEN)) | ANYTHING
    return st.lists(one, min_size=10, max_size=25)


@dataclass
class Target:
    """A service's consumer at work."""

    settings: PlatformSettings
    producer: AIOKafkaProducer
    good: str

    async def outcomes(self) -> dict[UUID, str]:
        """What became of what was not passed over."""
        connection = await asyncpg.connect(self.settings.asyncpg_dsn)
        try:
            rows = await connection.fetch("SELECT event_id, outcome FROM inbox")
        finally:
            await connection.close()
        return {row["event_id"]: row["outcome"] for row in rows}

    async def faults(self) -> list[str]:
        """What handlers failed at, of what had passed every check before them."""
        connection = await asyncpg.connect(self.settings.asyncpg_dsn)
        try:
            rows = await connection.fetch(
                "SELECT detail, o.headers::text AS headers, convert_from(o.value, 'UTF8') AS value "
                "FROM dead_letters d JOIN outbox o ON o.event_id = d.letter_id "
                "WHERE reason = 'handler_failed'"
            )
        finally:
            await connection.close()
        return [f"{row['detail']}: {row['headers'][:150]} {row['value'][:400]}" for row in rows]

    async def send(self, topic: str, odd: Odd, partition: int) -> None:
        """Puts it there."""
        key, value, headers = odd
        if key is None and value is None:
            key = b""
        await self.producer.send_and_wait(topic, value, key, partition, headers=headers)

    async def send_good(self, topic: str, partition: int) -> UUID:
        """A good event of somebody nobody knows yet, behind the odd ones."""
        event_id = uuid4()
        fresh = {"aggregate_id": str(uuid4()), "client_ref": str(uuid4())}
        value = json.dumps(GOLDEN[self.good] | fresh).encode()
        headers = [("ce_id", str(event_id).encode()), ("ce_type", self.good.encode())]
        await self.send(topic, (b"k", value, headers), partition)
        return event_id


@pytest.fixture
async def eager(
    request: pytest.FixtureRequest,
    postgres: Databases,
    kafka: KafkaSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Target]:
    """The consumer of a service, which is quick to try again."""
    name: str = request.param
    monkeypatch.setattr("shared.consumer.HOLD_SECONDS", (0.01,))
    handlers, good = HOUSES[name]
    address = await postgres.fresh(name)
    quick = settings_for(
        PlatformSettings, address, kafka=kafka, service_name=f"{name}-{uuid4().hex[:6]}"
    )
    await create(kafka)
    async with AsyncExitStack() as opened:
        database = Database(quick)
        opened.push_async_callback(database.close)
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        opened.push_async_callback(producer.stop)
        consumer = Consumer(quick, database, handlers, batch_size=BATCHES[name])
        await opened.enter_async_context(running(consumer))
        yield Target(quick, producer, good)


def topics_of(handlers: Handlers) -> list[str]:
    return sorted({topic_of(data_class) for data_class in handlers})


@pytest.mark.parametrize("eager", sorted(HOUSES), indirect=True)
async def test_anything_on_any_topic_stops_no_partition(
    request: pytest.FixtureRequest, eager: Target, attack: Attack
) -> None:
    handlers = HOUSES[request.node.callspec.params["eager"]][0]
    assert event_class(eager.good) in handlers
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=examples(6),
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(odd_for(handlers), st.sampled_from(topics_of(handlers)), st.integers(0, 2))
    def throw(odd: list[Odd], topic: str, partition: int) -> None:
        thrown = _throw(eager, attack, odd, topic, partition)
        asyncio.run_coroutine_threadsafe(thrown, loop).result(timeout=120)

    await asyncio.to_thread(throw)
    faults = await eager.faults()
    attack.refuse(-len(faults))
    for fault in faults:
        attack.went_wrong(f"a handler failed: {fault}")


async def _throw(
    target: Target, attack: Attack, odd: list[Odd], topic: str, partition: int
) -> None:
    """Throws the odd ones, one that no client can read, and a good one; looks what became."""
    before = await target.outcomes()
    for nth, one in enumerate(odd):
        await target.send(topic, one, partition)
        if nth == len(odd) // 2:
            await send_unreadable(target.producer, topic, partition)
    good = await target.send_good(topic, partition)
    try:
        async with asyncio.timeout(90):
            while good not in (after := await target.outcomes()):
                await asyncio.sleep(0.05)
    except TimeoutError:
        attack.went_wrong(f"{topic}/{partition} stopped at one of {odd!r:.2000}")
        raise
    new = {event_id: after[event_id] for event_id in after.keys() - before.keys() - {good}}
    applied = sum(outcome == "applied" for outcome in new.values())
    attack.take(applied)
    attack.refuse(len(odd) + 1 - applied)
    if after[good] == "applied":
        attack.take()
    else:
        attack.went_wrong(f"the good event was set aside, behind {odd!r:.2000}")
