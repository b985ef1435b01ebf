"""How far each consumer group is behind, asked of the broker itself: also of groups whose processes
are down."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts.topics import ALL
from shared.settings import KafkaSettings

SECONDS = 15.0
FETCH_BYTES = 1
OURS = ("nopsa-", "lifecare-")
"""How the names of our groups begin; a broker may have others."""


@dataclass(frozen=True)
class Behind:
    """A group's place on one partition."""

    group: str
    topic: str
    partition: int
    committed: int
    end: int

    @property
    def messages(self) -> int:
        """How many messages the group has not handled."""
        return max(0, self.end - self.committed)


async def measure(kafka: KafkaSettings) -> Sequence[Behind]:
    """The place of every group on every partition that it ever committed. Raises `KafkaError`, or
    `TimeoutError` when some partition does not answer."""
    consumer = AIOKafkaConsumer(
        **kafka.access,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        places = await _committed(kafka)
        ends = await _ends(consumer, places)
    finally:
        await consumer.stop()
    return [
        Behind(group, tp.topic, tp.partition, offset, ends[tp])
        for group, offsets in sorted(places.items())
        for tp, offset in sorted(offsets.items())
    ]


async def topics_of(kafka: KafkaSettings) -> set[str]:
    """The topics there are."""
    admin = AIOKafkaAdminClient(**kafka.access)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient) -> Sequence[TopicPartition]:
    there = set(await admin.list_topics())
    described = await admin.describe_topics([topic for topic in ALL if topic in there])
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]


async def _committed(kafka: KafkaSettings) -> Mapping[str, Mapping[TopicPartition, int]]:
    admin = AIOKafkaAdminClient(**kafka.access)
    await admin.start()
    try:
        partitions = list(await _partitions(admin))
        groups = sorted({group for group, *_ in await admin.list_consumer_groups()})
        found = {}
        for group in filter(lambda name: name.startswith(OURS), groups):
            offsets = await admin.list_consumer_group_offsets(group, partitions=partitions)
            found[group] = {tp: place.offset for tp, place in offsets.items() if place.offset >= 0}
        return found
    finally:
        await admin.close()


async def _ends(
    consumer: AIOKafkaConsumer, places: Mapping[str, Mapping[TopicPartition, int]]
) -> Mapping[TopicPartition, int]:
    """The end of each partition, as a fetch tells it: not every broker answers for ends alone."""
    furthest: dict[TopicPartition, int] = {}
    for offsets in places.values():
        for tp, offset in offsets.items():
            furthest[tp] = max(offset, furthest.get(tp, 0))
    if not furthest:
        return {}
    consumer.assign(list(furthest))
    for tp, offset in furthest.items():
        consumer.seek(tp, offset)
    return await _highwaters(consumer, furthest)


async def _highwaters(
    consumer: AIOKafkaConsumer, wanted: Mapping[TopicPartition, int]
) -> Mapping[TopicPartition, int]:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        await consumer.getmany(timeout_ms=100)
        ends = {tp: consumer.highwater(tp) for tp in wanted}
        if None not in ends.values():
            return {tp: end for tp, end in ends.items() if end is not None}
        await asyncio.sleep(0.05)
    raise TimeoutError
