"""The consumer: every event applied once and in order per key, whatever fails around it.

One partition is handled in order; per message, one transaction holds the inbox row and what the
handler changes; then the offset is committed. A transient failure holds the partition and tries
again. A message that can never be applied goes to the dead-letter topic, by way of the outbox in
the same transaction as its inbox row, and the partition goes on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind
from sqlalchemy.ext.asyncio import AsyncSession

from shared import dead_letters, inbox, metrics, outbox, telemetry
from shared.contracts import EventData, topic_of
from shared.db import Database, is_transient
from shared.fetching import Fetching
from shared.finishing import finished, said_goodbye
from shared.lag import Lag
from shared.messages import (
    PoisonError,
    Received,
    dead_letter_of,
    headers_of,
    identity_of,
    parse,
    span_attributes,
)
from shared.settings import PlatformSettings

LOG = structlog.get_logger(__name__)

Handler = Callable[[AsyncSession, Received], Awaitable[None]]
Handlers = Mapping[type[EventData], Handler]

FINISH_SECONDS = 8.0
"""For the messages in hand when the process is told to stop; their offsets are committed."""
HOLD_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
ATTEMPTS_OF_UNEXPECTED = 5
"""An error that is neither the message's nor the environment's is a fault of ours: after so many
tries the message is set aside, so that one fault does not stop everybody behind it."""


@dataclass
class Hold:
    """A partition that waits before its next try."""

    attempts: int = 0
    until: float = 0.0


class Consumer:
    """Reads the topics of its handlers as one consumer group, until cancelled.

    `batch_size` above 1 applies so many messages in one transaction (falling back to one by one
    when any fails); only for handlers that append no events, whose key locks must come last.
    `group` names a group of its own beside the service's, for topics that may wait for long
    without keeping others waiting.
    """

    def __init__(
        self,
        settings: PlatformSettings,
        database: Database,
        handlers: Handlers,
        *,
        batch_size: int = 1,
        group: str | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._handlers = handlers
        self._batch_size = batch_size
        self._service = settings.service_name
        self._group = "-".join(filter(None, ("nopsa", self._service, group)))
        self._holds: dict[TopicPartition, Hold] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._busy = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._lag = Lag(self._service)
        self._replayer = dead_letters.Replayer(database, self._group, self._apply_in)
        self.topics = tuple(sorted({topic_of(data_class) for data_class in handlers}))
        self.assigned = asyncio.Event()

    async def run(self) -> None:
        """Consumes for ever; starts anew when the broker was lost."""
        failures = 0
        while True:
            started = time.monotonic()
            try:
                await self._consume()
            except (KafkaError, OSError, TimeoutError) as error:
                failures = 0 if time.monotonic() - started > 60 else failures + 1
                LOG.warning("consumer_interrupted", error=type(error).__name__)
            await asyncio.sleep(HOLD_SECONDS[min(failures, len(HOLD_SECONDS) - 1)])

    def _client(self) -> AIOKafkaConsumer:
        kafka = self._settings.kafka
        return AIOKafkaConsumer(
            **kafka.access,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed" if kafka.idempotent_producer else "read_uncommitted",
            session_timeout_ms=kafka.session_timeout_ms,
            heartbeat_interval_ms=kafka.session_timeout_ms // 4,
            fetch_max_wait_ms=kafka.fetch_max_wait_ms,
        )

    async def _consume(self) -> None:
        client = self._client()
        client.subscribe(self.topics, listener=_Rebalance(self))
        fetching = Fetching(client)
        try:
            with suppress_instrumentation():
                await client.start()
            while True:
                with suppress_instrumentation():
                    self._resume_due(client)
                    fetched = await fetching.next()
                batches = self._handle_all(client, fetched)
                await finished(batches, stopping=self._stopping.set, seconds=FINISH_SECONDS)
                self._lag.report(client, self._positions)
        finally:
            self.assigned.clear()
            await said_goodbye(client)

    async def _handle_all(
        self,
        client: AIOKafkaConsumer,
        fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]],
    ) -> None:
        async with self._busy:
            await asyncio.gather(
                *(self._handle(client, tp, records) for tp, records in fetched.items())
            )
            await self._replayer.replay(client.assignment())

    async def _handle(
        self, client: AIOKafkaConsumer, tp: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> None:
        """Applies records in order; commits what was applied and holds the partition at the
        first that could not be."""
        done = 0
        try:
            while done < len(records) and not self._stopping.is_set():
                done += await self._apply_next(tp, records[done : done + self._batch_size])
        except Exception as error:
            self._hold(client, tp, records[done], error)
            self._positions[tp] = records[done].offset
        if done:
            self._positions[tp] = records[done - 1].offset + 1
            await _commit(client, tp, self._positions[tp])

    async def _apply_next(self, tp: TopicPartition, records: Sequence[ConsumerRecord]) -> int:
        """Applies all of the records, or at least the first. How many."""
        if len(records) > 1:
            with suppress(Exception):
                async with self._database.sessions() as session, session.begin():
                    for record in records:
                        await self._apply_in(session, record)
                self._holds.pop(tp, None)
                return len(records)
        await self._apply_one(tp, records[0])
        self._holds.pop(tp, None)
        return 1

    async def _apply_one(self, tp: TopicPartition, record: ConsumerRecord) -> None:
        try:
            async with self._database.sessions() as session, session.begin():
                await self._apply_in(session, record)
        except PoisonError as error:
            await self._set_aside(record, error)
        except Exception as error:
            attempts = self._holds.get(tp, Hold()).attempts + 1
            if is_transient(error) or attempts < ATTEMPTS_OF_UNEXPECTED:
                raise
            await self._set_aside(record, PoisonError("handler_failed", type(error).__name__))

    async def _apply_in(self, session: AsyncSession, record: ConsumerRecord) -> None:
        event = parse(record)
        handler = self._handlers.get(type(event.data)) if event else None
        if event is None or handler is None:
            self._count(record, "ignored")
            return
        with telemetry.span(
            f"process {event.type}",
            SpanKind.CONSUMER,
            telemetry.context_of(headers_of(record)),
            span_attributes(record, event),
        ):
            if not await self._first_time(session, record):
                self._count(record, "duplicate")
                return
            await handler(session, event)
            self._count(record, "applied")

    async def _set_aside(self, record: ConsumerRecord, error: PoisonError) -> None:
        """Sends the record to its dead-letter topic, once."""
        with telemetry.span(
            f"dead-letter {record.topic}",
            SpanKind.CONSUMER,
            telemetry.context_of(headers_of(record)),
            {"nopsa.dlq_reason": error.reason},
        ):
            async with self._database.sessions() as session, session.begin():
                if not await self._first_time(session, record, inbox.DEAD):
                    return
                letter = dead_letter_of(record, error, self._service)
                await dead_letters.keep(session, letter, record, error, self._group)
                await outbox.append(session, [letter])
        self._count(record, "dead")
        LOG.error(
            "message_set_aside",
            reason=error.reason,
            detail=error.detail,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )

    async def _first_time(
        self, session: AsyncSession, record: ConsumerRecord, outcome: str = inbox.APPLIED
    ) -> bool:
        return await inbox.first_time(
            session,
            identity_of(record),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            outcome=outcome,
        )

    def _hold(
        self,
        client: AIOKafkaConsumer,
        tp: TopicPartition,
        record: ConsumerRecord,
        error: Exception,
    ) -> None:
        hold = self._holds.setdefault(tp, Hold())
        pause = HOLD_SECONDS[min(hold.attempts, len(HOLD_SECONDS) - 1)]
        hold.attempts += 1
        hold.until = time.monotonic() + pause
        metrics.EVENT_RETRIES.labels(self._service, tp.topic).inc()
        LOG.warning(
            "partition_held",
            topic=tp.topic,
            partition=tp.partition,
            offset=record.offset,
            attempt=hold.attempts,
            error=type(error).__name__,
        )
        with suppress(IllegalStateError):
            client.pause(tp)
            client.seek(tp, record.offset)

    def _resume_due(self, client: AIOKafkaConsumer) -> None:
        now = time.monotonic()
        for tp in client.paused():
            hold = self._holds.get(tp)
            if hold is None or hold.until <= now:
                client.resume(tp)

    def _count(self, record: ConsumerRecord, outcome: str) -> None:
        metrics.EVENTS_CONSUMED.labels(self._service, record.topic, outcome).inc()


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Lets the messages in hand finish before their partitions move on."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Waits for the batch in hand; forgets the holds of what is taken away."""
        async with self._consumer._busy:
            for tp in revoked:
                self._consumer._holds.pop(tp, None)
                self._consumer._positions.pop(tp, None)
            self._consumer._lag.forget(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Tells that consuming began."""
        self._consumer.assigned.set()


async def _commit(client: AIOKafkaConsumer, tp: TopicPartition, offset: int) -> None:
    """Commits; a partition that moved meanwhile is its new owner's to commit."""
    with suppress(CommitFailedError, IllegalStateError), suppress_instrumentation():
        await client.commit({tp: offset})
