"""An event, a topic and an effect of a test's own, to try the delivery path on."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaProducer, ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.consumer import Consumer, Handler
from shared.contracts import EventData
from shared.contracts.base import event
from shared.contracts.topics import dead_letter
from shared.db import Database
from shared.messages import Received, headers_of
from shared.settings import KafkaSettings, PlatformSettings
from tests.support.databases import Databases
from tests.support.settings import settings_for
from tests.support.topics import create_topics, read_all

_numbers = itertools.count(1)
_EFFECTS = "CREATE TABLE effects (nth serial, event_id uuid, key uuid, version int)"


class Runs(Protocol):
    """Works until it is cancelled."""

    async def run(self) -> None:
        """Its work."""
        ...


@dataclass
class Lab:
    """One test's own corner: settings, database, event class and topic."""

    settings: PlatformSettings
    database: Database
    happened: type[EventData]
    topic: str

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach the broker."""
        return self.settings.kafka

    def data(self, key: UUID, version: int) -> EventData:
        """An event of an aggregate."""
        return self.happened(aggregate_id=key, version=version, occurred_at=datetime.now(UTC))

    async def write(self, key: UUID, versions: Iterable[int]) -> list[UUID]:
        """Writes events of one aggregate into the outbox, one transaction each."""
        written = []
        for version in versions:
            async with self.database.sessions() as session, session.begin():
                message = outbox.message(self.data(key, version), key=key)
                await outbox.append(session, [message])
                written.append(message.event_id)
        return written

    async def note(self, session: AsyncSession, event: Received) -> None:
        """The handler that leaves an effect."""
        await session.execute(
            text("INSERT INTO effects (event_id, key, version) VALUES (:event, :key, :version)"),
            {
                "event": event.event_id,
                "key": event.data.aggregate_id,
                "version": event.data.version,
            },
        )

    def consumer(self, handler: Handler | None = None, *, batch_size: int = 1) -> Consumer:
        """A consumer of this lab's group."""
        handlers = {self.happened: handler or self.note}
        return Consumer(self.settings, self.database, handlers, batch_size=batch_size)

    async def effects(self) -> list[tuple[UUID, UUID, int]]:
        """What handlers did, in the order of doing: event id, key, version."""
        connection = await asyncpg.connect(self.settings.asyncpg_dsn)
        try:
            rows = await connection.fetch("SELECT * FROM effects ORDER BY nth")
        finally:
            await connection.close()
        return [(row["event_id"], row["key"], row["version"]) for row in rows]

    async def wait_for_effects(self, count: int, seconds: float = 60) -> None:
        """Waits until so many effects are there."""
        async with asyncio.timeout(seconds):
            while len(await self.effects()) < count:
                await asyncio.sleep(0.1)

    async def on_topic(self, expected: int) -> list[ConsumerRecord]:
        """What lies on the topic once `expected` different events are there."""
        return await read_all(
            self.kafka,
            [self.topic],
            enough=lambda records: len({headers_of(r)["ce_id"] for r in records}) >= expected,
        )

    async def dead_letters(self, expected: int) -> list[ConsumerRecord]:
        """What lies on the dead-letter topic once `expected` are there."""
        return await read_all(
            self.kafka,
            [dead_letter(self.topic)],
            enough=lambda records: len(records) >= expected,
        )

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[AIOKafkaProducer]:
        """A raw producer, to put anything on the topic."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    def environment(self) -> dict[str, str]:
        """The environment of a process that works on this lab."""
        return os.environ | {
            "NOPSA_SERVICE_NAME": self.settings.service_name,
            "NOPSA_DATABASE_URL": self.settings.database_url.get_secret_value(),
            "NOPSA_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "NOPSA_KAFKA_IDEMPOTENT_PRODUCER": str(self.kafka.idempotent_producer),
            "NOPSA_ISSUER": self.settings.issuer,
            "NOPSA_ENCRYPTION_KEYS": self.settings.encryption_keys.get_secret_value(),
            "NOPSA_INDEX_KEYS": self.settings.index_keys.get_secret_value(),
            "NOPSA_RELAY_POLL_SECONDS": "0.5",
        }


async def open_lab(postgres: Databases, kafka: KafkaSettings) -> Lab:
    """A lab on a database and a topic that nobody else uses."""
    name = f"test-{next(_numbers)}-{uuid4().hex[:6]}"
    topic = f"nopsa.{name}.v1"
    address = await postgres.fresh("referral")
    settings = settings_for(
        PlatformSettings, address, kafka=kafka, service_name=name, relay_shards=4
    )
    await create_topics(kafka, topic, dead_letter(topic))
    connection = await asyncpg.connect(settings.asyncpg_dsn)
    await connection.execute(_EFFECTS)
    await connection.close()
    happened: type[EventData] = type("Happened", (EventData,), {})
    publish_as = event(f"nopsa.{name}.happened.v1", topic=topic)
    return Lab(settings, Database(settings), publish_as(happened), topic)


@asynccontextmanager
async def running(*parts: Runs) -> AsyncIterator[None]:
    """Runs relays, consumers and their like for a while."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
