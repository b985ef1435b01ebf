"""A broker seen from outside: fresh topics, and everything that lies on them."""

import asyncio
import time
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.settings import KafkaSettings

SETTLE_SECONDS = 1.0


async def create_topics(kafka: KafkaSettings, *names: str, partitions: int = 6) -> None:
    """Creates topics that a test alone uses."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1) for name in names])
    finally:
        await admin.close()


async def read_all(
    kafka: KafkaSettings,
    topics: Sequence[str],
    *,
    enough: Callable[[list[ConsumerRecord]], bool] = lambda _: False,
    seconds: float = 30.0,
) -> list[ConsumerRecord]:
    """Every record of the topics, in order per partition: until `enough` says so and nothing
    more comes for a moment, or until the time is up."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=20
    )
    await consumer.start()
    records: list[ConsumerRecord] = []
    try:
        partitions = await _partitions(consumer, topics)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        deadline = time.monotonic() + seconds
        quiet_since = time.monotonic()
        while time.monotonic() < deadline:
            fetched = await consumer.getmany(timeout_ms=100)
            new = [record for batch in fetched.values() for record in batch]
            records += new
            if new:
                quiet_since = time.monotonic()
            if enough(records) and time.monotonic() - quiet_since > SETTLE_SECONDS:
                break
    finally:
        await consumer.stop()
    return records


async def _partitions(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    found = []
    for topic in topics:
        numbers = consumer.partitions_for_topic(topic)
        while not numbers:
            await consumer._client.force_metadata_update()
            await asyncio.sleep(0.05)
            await consumer._client.fetch_all_metadata()
            numbers = consumer._client.cluster.partitions_for_topic(topic)
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found
