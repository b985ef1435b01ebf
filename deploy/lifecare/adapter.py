"""The loop: take an event, do what it says, then commit its offset. Never the other way round.

A process that dies anywhere in between gets the event again and finds out from its store how far it
had come. What cannot be understood is set aside and the rest goes on; while nopsa does not answer
the loop waits at the event it could not follow, longer each time.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from pydantic import ValidationError

from deploy.lifecare.events import EVENTS, Ready, Withdrawn
from deploy.lifecare.nopsa import Later, Nopsa, Refused
from deploy.lifecare.reading import UNREADABLE, Reading
from deploy.lifecare.settings import Record, Settings
from deploy.lifecare.store import Kept, Store

LOG = logging.getLogger("lifecare")
FIRST_WAIT_SECONDS = 0.5
TRACE_HEADERS = {
    "traceparent": re.compile(r"[0-9a-f]{2}(-[0-9a-f]{2,32}){3}"),
    "tracestate": re.compile(r"[\x21-\x7e][\x20-\x7e]{0,511}"),
}
"""What goes on into calls as it came; whatever looks otherwise could not be sent."""


class NotUnderstoodError(Exception):
    """The message is not what the contract promises; the text says why, without its content."""


@dataclass(frozen=True)
class Event:
    """An event of this record's topic, and the trace it belongs to."""

    data: Ready | Withdrawn
    trace: dict[str, str]


class Adapter:
    """One record system's adapter."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._settings = settings
        self._topic = f"nopsa.record.{record}.v1"
        self._store = Store(settings.store)
        self._nopsa = Nopsa(settings)
        self._failures = 0

    async def run(self) -> None:
        """Works until cancelled; survives the loss of the broker and of nopsa."""
        try:
            while True:
                try:
                    await self._consume()
                except (KafkaError, OSError, TimeoutError) as error:
                    await self._wait(type(error).__name__)
        finally:
            await self._nopsa.close()
            self._store.close()

    async def _consume(self) -> None:
        consumer = AIOKafkaConsumer(
            self._topic,
            **self._settings.kafka_access(),
            group_id=f"lifecare-{self._record}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._settings.session_timeout_ms,
            heartbeat_interval_ms=self._settings.session_timeout_ms // 4,
        )
        try:
            await consumer.start()
            reading = Reading(consumer)
            while True:
                for partition, records in (await reading.next()).items():
                    await self._work_through(consumer, partition, records)
        finally:
            await consumer.stop()

    async def _work_through(
        self,
        consumer: AIOKafkaConsumer,
        partition: TopicPartition,
        records: Sequence[ConsumerRecord],
    ) -> None:
        """Follows the events in their order, up to the first that has to wait."""
        try:
            for record in records:
                try:
                    await self._follow(record)
                except Later as later:
                    consumer.seek(partition, record.offset)
                    await self._wait(str(later), later.seconds)
                    return
                self._failures = 0
                await consumer.commit({partition: record.offset + 1})
        except (CommitFailedError, IllegalStateError):
            LOG.warning("partition %s was taken away; its next owner goes on", partition.partition)

    async def _follow(self, record: ConsumerRecord) -> None:
        try:
            event = understand(record, self._record)
            if event is not None:
                await self._obey(event)
        except (NotUnderstoodError, Refused) as error:
            LOG.error("set aside %s/%s: %s", record.partition, record.offset, error)
            self._store.set_aside(record.topic, record.partition, record.offset, str(error))

    async def _obey(self, event: Event) -> None:
        data = event.data
        if isinstance(data, Withdrawn):
            self._store.withdraw(data.document_id, data.version)
            LOG.info("withdrawn %s", data.document_id)
            return
        kept = self._store.find(data.document_id)
        if kept is None or kept.withdrawn or data.document_version > kept.version:
            if kept is None or data.version > kept.seen:
                await self._fetch(data, event.trace)
        elif not kept.confirmed:
            await self._confirm(kept, event.trace)

    async def _fetch(self, ready: Ready, trace: dict[str, str]) -> None:
        """Reads the text, stores it, and confirms."""
        text = await self._nopsa.read(ready.detail_url, trace)
        if text is None:
            LOG.info("may not be read %s", ready.document_id)
            return
        await self._confirm(self._store.keep(ready, text), trace)

    async def _confirm(self, kept: Kept, trace: dict[str, str]) -> None:
        receipt = {
            "record": self._record,
            "record_id": f"{self._record[:3].upper()}-{kept.number:06}",
            "stored_at": kept.stored_at,
            "version": kept.version,
        }
        await self._nopsa.confirm(kept.document_id, receipt, trace)
        self._store.confirmed(kept.document_id, kept.version)
        LOG.info("stored %s as %s", kept.document_id, receipt["record_id"])

    async def _wait(self, why: str, seconds: float | None = None) -> None:
        growing = FIRST_WAIT_SECONDS * 2**self._failures
        self._failures = min(self._failures + 1, 16)
        wait = min(seconds or growing, self._settings.longest_wait_seconds)
        LOG.warning("waiting %.1f s: %s", wait, why)
        await asyncio.sleep(wait)


def understand(record: ConsumerRecord, ours: Record) -> Event | None:
    """The event of a message; None for a type of our topic that this adapter does not know, since a
    newer one may come. Raises `NotUnderstoodError`."""
    headers = {name: (value or b"").decode("latin-1") for name, value in record.headers}
    if UNREADABLE in headers:
        raise NotUnderstoodError("a header name in it is no UTF-8")
    event_type = headers.get("ce_type", "")
    beginning = f"nopsa.record.{ours}."
    if not event_type.startswith(beginning):
        raise NotUnderstoodError("not an event for this record")
    known = EVENTS.get(event_type.removeprefix(beginning))
    if known is None:
        return None
    trace = {
        name: headers[name]
        for name, form in TRACE_HEADERS.items()
        if form.fullmatch(headers.get(name, ""))
    }
    try:
        return Event(known.model_validate_json(record.value or b""), trace)
    except ValidationError as error:
        raise NotUnderstoodError(f"{error.error_count()} faults in {known.__name__}") from None
