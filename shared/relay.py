"""The relay: sends outbox rows to Kafka, in order per key, at least once.

Rows are divided into lanes (shards) by the hash of their key. A lane is worked by whoever holds
its advisory lock, on a connection of its own: a process that dies loses the lock with the
connection, and another takes over. Per topic and partition at most one batch is on its way, so a
failed send can never let a later event overtake an earlier one. What the broker has acknowledged
leaves the queue; a crash in between sends again with the same event id, and the consumer's inbox
drops the second.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import Span, SpanKind

from shared import metrics, telemetry
from shared.finishing import said_goodbye
from shared.outbox import LOCK_CLASS
from shared.settings import KafkaSettings, PlatformSettings
from shared.tables import OUTBOX_CHANNEL

LOG = structlog.get_logger(__name__)
LANE_LOCK_CLASS = LOCK_CLASS + 1
MAX_BATCH_BYTES = 900_000
"""Under the brokers' default limit of one megabyte for a batch."""
INTERRUPTIONS = (
    OSError,
    TimeoutError,
    KafkaError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
NOTICE_DEAD_CLIENT = {
    "client_connection_check_interval": "2000",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""So that the server frees the lane of a process or machine that is gone."""
MOST_TRACED = 20
"""So many rows of a partition get a span each. More at once are a backlog: they go out under the
span that wrote them, since a span of its own costs ten times what the sending of an event does."""
IN_ORDER = {"enable_bitmapscan": "off", "enable_seqscan": "off"}
"""Batches are read along the index of the queue. The planner takes a lane's part of it for a few
rows, would gather and sort all of it for each batch, and a long backlog would never drain."""
LEAVING_MAY_BE_LOST = {"synchronous_commit": "off"}
"""What a crash of the server puts back is one more repetition, and costs no wait here."""
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

NEXT_OF_LANE = """
    SELECT id, event_id, topic, key, value, headers
    FROM (
        SELECT outbox_id FROM outbox_queue WHERE (key_hash & 2147483647) % $1 = $2
        ORDER BY outbox_id LIMIT $3
    ) AS next JOIN outbox ON id = outbox_id
    ORDER BY id
"""
_LEAVE = "DELETE FROM outbox_queue WHERE outbox_id = ANY($1::bigint[])"

_partition_of_key = DefaultPartitioner()


class Place(NamedTuple):
    """Where a row goes."""

    topic: str
    partition: int


def producer_of(kafka: KafkaSettings) -> AIOKafkaProducer:
    """A producer whose sends are acknowledged by every in-sync replica."""
    return AIOKafkaProducer(
        **kafka.access,
        acks="all",
        enable_idempotence=kafka.idempotent_producer,
        max_batch_size=MAX_BATCH_BYTES,
        request_timeout_ms=10_000,
        retry_backoff_ms=100,
    )


class Relay:
    """Works every lane it can lock, until cancelled."""

    def __init__(self, settings: PlatformSettings) -> None:
        self._dsn = settings.asyncpg_dsn
        self._kafka = settings.kafka
        self._shards = settings.relay_shards
        self._batch_size = settings.relay_batch_size
        self._poll_seconds = settings.relay_poll_seconds
        self._service = settings.service_name

    async def run(self) -> None:
        """Runs all lanes; survives the loss of the database and of the broker."""
        metrics.RELAY_LANES_WANTED.labels(self._service).set(self._shards)
        async with asyncio.TaskGroup() as lanes:
            for shard in range(self._shards):
                lanes.create_task(self._keep_lane(shard))

    async def _keep_lane(self, shard: int) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            try:
                with suppress_instrumentation():
                    await self._work_lane(shard)
            except INTERRUPTIONS as error:
                failures = 0 if time.monotonic() - started > 60 else failures + 1
                LOG.warning("relay_lane_interrupted", shard=shard, error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])

    async def _work_lane(self, shard: int) -> None:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=5,
            command_timeout=30,
            server_settings=NOTICE_DEAD_CLIENT | IN_ORDER | LEAVING_MAY_BE_LOST,
        )
        try:
            if not await self._lock(connection, shard):
                await asyncio.sleep(self._poll_seconds)
                return
            producer = producer_of(self._kafka)
            with metrics.RELAY_LANES.labels(self._service).track_inprogress():
                try:
                    await producer.start()
                    await self._drain_for_ever(connection, producer, shard)
                finally:
                    await said_goodbye(producer)
        finally:
            with suppress(Exception):
                await connection.close(timeout=2)

    async def _lock(self, connection: asyncpg.Connection, shard: int) -> bool:
        return bool(
            await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", LANE_LOCK_CLASS, shard)
        )

    async def _drain_for_ever(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, shard: int
    ) -> None:
        wake = asyncio.Event()
        await connection.add_listener(OUTBOX_CHANNEL, lambda *_: wake.set())
        while True:
            wake.clear()
            rows = await connection.fetch(NEXT_OF_LANE, self._shards, shard, self._batch_size)
            if rows:
                await self._publish(connection, producer, rows)
            if len(rows) < self._batch_size:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await wake.wait()

    async def _publish(
        self,
        connection: asyncpg.Connection,
        producer: AIOKafkaProducer,
        rows: Sequence[asyncpg.Record],
    ) -> None:
        places = await _places(producer, rows)
        lanes = [_send_in_order(producer, place, queue) for place, queue in places.items()]
        outcomes = await asyncio.gather(*lanes)
        sent = [row_id for outcome in outcomes for row_id in outcome.sent]
        await connection.execute(_LEAVE, sent)
        metrics.EVENTS_PUBLISHED.labels(self._service).inc(len(sent))
        failed = next((o.error for o in outcomes if o.error is not None), None)
        if failed is not None:
            raise failed


async def _places(
    producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]
) -> dict[Place, list[asyncpg.Record]]:
    """The rows of each partition, in their order."""
    partitions: dict[str, list[int]] = {}
    places: dict[Place, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        topic, key = row["topic"], row["key"]
        if topic not in partitions:
            partitions[topic] = sorted(await producer.partitions_for(topic))
        known = partitions[topic]
        places[Place(topic, _partition_of_key(key, known, known))].append(row)
    return places


@dataclass
class Outcome:
    """Which rows the broker has, and what stopped the rest."""

    sent: list[int]
    error: Exception | None = None


async def _send_in_order(
    producer: AIOKafkaProducer, place: Place, rows: Sequence[asyncpg.Record]
) -> Outcome:
    """Sends the rows of one partition batch after batch; stops at the first failure."""
    outcome = Outcome([])
    position = 0
    while position < len(rows):
        batch = producer.create_batch()
        spans: list[Span] = []
        left = rows[position:]
        taken = _fill_traced(batch, left, spans) if len(rows) <= MOST_TRACED else _fill(batch, left)
        try:
            acknowledged = await producer.send_batch(batch, place.topic, partition=place.partition)
            await acknowledged
        except (OSError, TimeoutError, KafkaError) as error:
            outcome.error = error
            return outcome
        finally:
            for span in spans:
                span.end()
        outcome.sent += [row["id"] for row in rows[position : position + taken]]
        position += taken
    return outcome


def _fill(batch: BatchBuilder, rows: Sequence[asyncpg.Record]) -> int:
    """Appends rows, as they were written, until the batch is full. How many it took."""
    now = int(time.time() * 1000)
    for taken, row in enumerate(rows):
        headers = telemetry.encoded(telemetry.with_trace(telemetry.header_pairs(row["headers"])))
        if batch.append(key=row["key"], value=row["value"], timestamp=now, headers=headers) is None:
            return taken
    return len(rows)


def _fill_traced(batch: BatchBuilder, rows: Sequence[asyncpg.Record], spans: list[Span]) -> int:
    """Appends rows until the batch is full; opens a producer span for each. How many it took."""
    for taken, row in enumerate(rows):
        pairs = telemetry.header_pairs(row["headers"])
        span = telemetry.TRACER.start_span(
            f"publish {row['topic']}",
            context=telemetry.context_of(dict(pairs)),
            kind=SpanKind.PRODUCER,
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.type": "send",
                "messaging.destination.name": row["topic"],
                "nopsa.event_id": str(row["event_id"]),
                "nopsa.event_type": dict(pairs).get("ce_type", ""),
            },
        )
        appended = batch.append(
            key=row["key"],
            value=row["value"],
            timestamp=int(time.time() * 1000),
            headers=telemetry.sent_headers(pairs, span),
        )
        if appended is None:
            return taken
        spans.append(span)
    return len(rows)
