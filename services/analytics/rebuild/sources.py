"""Where the events of the past come from: the topics, or the outboxes that keep them for ever.

Topics forget what is older than their retention. The outboxes of the services that write the
topics are the long memory; only operators may reach these databases.
"""

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Protocol
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared import telemetry
from shared.fetching import Fetching
from shared.messages import identity_of
from shared.settings import FileSettings, KafkaSettings

BATCH = 500
QUIET_SECONDS = 3.0
"""A log from which so long nothing came was read to its end."""

Batch = Sequence[ConsumerRecord]


class ArchiveSettings(FileSettings):
    """Where the outboxes are, for who rebuilds from them."""

    model_config = SettingsConfigDict(env_prefix="NOPSA_", extra="ignore")

    archives: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="service to postgresql://role:password@host:port/database, as JSON",
    )


class Source(Protocol):
    """Gives events in batches, those of a key in their order."""

    async def count(self) -> int | None:
        """About how many there are; None where nobody knows."""
        ...

    def everything(self) -> AsyncIterator[Batch]:
        """Every event from the first on, up to now."""
        ...

    def these(self, event_ids: Collection[UUID]) -> AsyncIterator[Batch]:
        """These events, of which some came after `everything`; it may give others with them, and
        ends without those that it does not have."""
        ...


class Archive:
    """The outboxes of several services."""

    def __init__(self, dsns: Collection[str], topics: Collection[str]) -> None:
        self._dsns = list(dsns)
        self._topics = list(topics)

    async def count(self) -> int | None:
        """How many events of the topics the outboxes hold."""
        total = 0
        for dsn in self._dsns:
            async with _connected(dsn) as connection:
                total += await connection.fetchval(
                    "SELECT count(*) FROM outbox WHERE topic = ANY($1)", self._topics
                )
        return total

    async def everything(self) -> AsyncIterator[Batch]:
        """One outbox after the other, each as it was at the beginning of its reading."""
        statement = f"{_SELECT} WHERE topic = ANY($1) ORDER BY id"
        async for batch in self._read(statement, self._topics):
            yield batch

    async def these(self, event_ids: Collection[UUID]) -> AsyncIterator[Batch]:
        """Those that the outboxes hold."""
        statement = f"{_SELECT} WHERE event_id = ANY($1) ORDER BY id"
        async for batch in self._read(statement, list(event_ids)):
            yield batch

    async def _read(self, statement: str, argument: Sequence[object]) -> AsyncIterator[Batch]:
        for dsn in self._dsns:
            async with _connected(dsn) as connection, connection.transaction(readonly=True):
                cursor = await connection.cursor(statement, argument)
                while rows := await cursor.fetch(BATCH):
                    yield [_record(row) for row in rows]


@asynccontextmanager
async def log_of(kafka: KafkaSettings, topics: Collection[str]) -> AsyncIterator["Log"]:
    """The topics, read by nobody's group: the service's own offsets stay as they are."""
    consumer = AIOKafkaConsumer(
        *topics,
        **kafka.access,
        group_id=None,
        auto_offset_reset="earliest",
        isolation_level="read_committed" if kafka.idempotent_producer else "read_uncommitted",
        fetch_max_wait_ms=kafka.fetch_max_wait_ms,
    )
    await consumer.start()
    try:
        yield Log(consumer)
    finally:
        await consumer.stop()


class Log:
    """What the topics still hold."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._fetching = Fetching(consumer, in_group=False)

    async def count(self) -> int | None:
        """Nobody knows: not every broker tells where its log ends."""
        return None

    async def everything(self) -> AsyncIterator[Batch]:
        """From the oldest that the log still holds."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_SECONDS:
            async for batch in self._next():
                yield batch
                quiet_since = time.monotonic()

    async def these(self, event_ids: Collection[UUID]) -> AsyncIterator[Batch]:
        """Reads on until they have all come, or nothing comes any more."""
        waiting, quiet_since = set(event_ids), time.monotonic()
        while waiting and time.monotonic() - quiet_since < QUIET_SECONDS:
            async for batch in self._next():
                waiting -= {identity_of(record) for record in batch}
                yield batch
                quiet_since = time.monotonic()

    async def _next(self) -> AsyncIterator[Batch]:
        for batch in (await self._fetching.next()).values():
            yield batch


_SELECT = "SELECT id, topic, key, value, headers FROM outbox"


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


def _record(row: asyncpg.Record) -> ConsumerRecord:
    """An outbox row as the record that it became, or will."""
    headers = telemetry.header_pairs(row["headers"])
    return ConsumerRecord(
        topic=row["topic"],
        partition=-1,
        offset=row["id"],
        timestamp=0,
        timestamp_type=0,
        key=row["key"],
        value=row["value"],
        checksum=None,
        serialized_key_size=len(row["key"]),
        serialized_value_size=len(row["value"]),
        headers=[(name, value.encode("latin-1")) for name, value in headers],
    )
