"""What the adapter reads: every message, also those that the Kafka client cannot.

The client gives up on a header name that is no UTF-8, and would again at every start. Such a
message is looked for one at a time, and what stands in its place can only be set aside.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

POLL_MILLISECONDS = 500
CAREFUL_SECONDS = 10.0
"""How long to look; the partition may have moved on meanwhile."""
UNREADABLE = "unreadable"
"""The header of what stands in the place of such a message."""


class Reading:
    """Reads for a consumer that commits each message that it has followed."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._careful_until = 0.0

    async def next(self) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        """The next messages of each partition, in order; empty when nothing came for a moment."""
        if time.monotonic() < self._careful_until:
            return await self._one_each()
        try:
            fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]
            fetched = await self._consumer.getmany(timeout_ms=POLL_MILLISECONDS)
        except UnicodeDecodeError:
            # What was fetched beside it is lost, and nothing of it was followed.
            await self._go_back()
            self._careful_until = time.monotonic() + CAREFUL_SECONDS
            return {}
        return fetched

    async def _go_back(self) -> None:
        for partition in self._consumer.assignment():
            committed = await self._consumer.committed(partition)
            if committed is None:
                await self._consumer.seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, committed)

    async def _one_each(self) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        found: dict[TopicPartition, Sequence[ConsumerRecord]] = {}
        for partition in self._consumer.assignment():
            try:
                found |= await self._consumer.getmany(partition, timeout_ms=0, max_records=1)
            except UnicodeDecodeError:
                offset = await self._consumer.position(partition)
                self._consumer.seek(partition, offset + 1)
                self._careful_until = 0.0
                found[partition] = [_stand_in(partition, offset)]
        if not found:
            await asyncio.sleep(POLL_MILLISECONDS / 1000)
        return found


def _stand_in(partition: TopicPartition, offset: int) -> ConsumerRecord:
    return ConsumerRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=None,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=((UNREADABLE, b""),),
    )
