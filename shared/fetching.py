"""What a consumer fetches: every record, also those that the Kafka client cannot read.

The client gives up on a batch with a header name that is no UTF-8, and what it fetched beside it
is lost with it. Here such a batch is gone through one record at a time, and whatever the client
cannot get at stands in its place as `messages.unreadable`.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.messages import unreadable

POLL_MILLISECONDS = 200
MAX_RECORDS = 500
CAREFUL_SECONDS = 10.0
"""How long to look for an unreadable record; its partition may have moved on meanwhile."""

Fetched = Mapping[TopicPartition, Sequence[ConsumerRecord]]


class Fetching:
    """Fetches for a consumer that commits what it has handled before it fetches again, or for one
    without a group, which has handled what it was given."""

    def __init__(self, client: AIOKafkaConsumer, *, in_group: bool = True) -> None:
        self._client = client
        self._in_group = in_group
        self._given: dict[TopicPartition, int] = {}
        self._careful_until = 0.0

    async def next(self) -> Fetched:
        """The next records of each partition, in order; empty when nothing came for a moment."""
        fetched = await self._fetched()
        if not self._in_group:
            self._given |= {tp: records[-1].offset + 1 for tp, records in fetched.items()}
        return fetched

    async def _fetched(self) -> Fetched:
        if time.monotonic() < self._careful_until:
            return await self._carefully()
        try:
            fetched: Fetched = await self._client.getmany(
                timeout_ms=POLL_MILLISECONDS, max_records=MAX_RECORDS
            )
        except UnicodeDecodeError:
            await self._go_back()
            self._careful_until = time.monotonic() + CAREFUL_SECONDS
            return {}
        return fetched

    async def _go_back(self) -> None:
        """To what was not handled yet."""
        for tp in self._client.assignment():
            handled = await self._client.committed(tp) if self._in_group else self._given.get(tp)
            if handled is None:
                await self._client.seek_to_beginning(tp)
            else:
                self._client.seek(tp, handled)

    async def _carefully(self) -> Fetched:
        """One record of each partition. Ends the search with the one that cannot be read."""
        fetched: dict[TopicPartition, Sequence[ConsumerRecord]] = {}
        for tp in self._client.assignment() - self._client.paused():
            try:
                fetched |= await self._client.getmany(tp, timeout_ms=0, max_records=1)
            except UnicodeDecodeError:
                offset = await self._client.position(tp)
                self._client.seek(tp, offset + 1)
                self._careful_until = 0.0
                fetched[tp] = [unreadable(tp.topic, tp.partition, offset)]
        if not fetched:
            await asyncio.sleep(POLL_MILLISECONDS / 1000)
        return fetched
