"""What the Kafka client itself cannot read is set aside like any other poison, and nothing is lost
with it."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import SecretStr

from deploy.lifecare.adapter import Adapter
from deploy.lifecare.settings import Settings as AdapterSettings
from services.analytics.rebuild.sources import log_of
from shared import topics
from shared.messages import headers_of
from shared.relay import Relay
from shared.settings import KafkaSettings
from tests.integration.platform.test_consumer import raw
from tests.support.happenings import Lab, running
from tests.support.raw_batches import send_unreadable
from tests.support.servers import served
from tests.unit.deploy.test_lifecare import Nopsa


async def test_a_header_name_that_is_no_text_stops_no_partition(lab: Lab) -> None:
    good = [raw(lab, uuid4(), 1) for _ in range(4)]
    async with lab.producer() as producer:
        for place, (key, value, headers) in enumerate(good):
            if place == 2:
                await send_unreadable(producer, lab.topic, 0)
            await producer.send_and_wait(lab.topic, value, key, headers=headers, partition=0)
    async with running(lab.consumer(), Relay(lab.settings)):
        await lab.wait_for_effects(4)
        (letter,) = await lab.dead_letters(1)
    assert len(await lab.effects()) == 4
    assert headers_of(letter)["dlq_reason"] == "unreadable"
    assert headers_of(letter)["dlq_offset"] == "2"


async def test_a_log_is_read_past_it_to_its_end(lab: Lab) -> None:
    async with lab.producer() as producer:
        for number in range(12):
            if number in (5, 8):
                await send_unreadable(producer, lab.topic, 0)
            value = str(number).encode()
            await producer.send_and_wait(lab.topic, value, b"k", partition=number % 2)
    async with log_of(lab.kafka, [lab.topic]) as log:
        records = [record async for batch in log.everything() for record in batch]
    even = [record for record in records if record.partition == 0]
    odd = [record for record in records if record.partition == 1]
    values = [record.value and int(record.value) for record in even]
    assert [record.offset for record in even] == list(range(8)), "each once, in their order"
    assert values == [0, 2, 4, None, 6, None, 8, 10]
    assert [int(record.value or b"") for record in odd] == [1, 3, 5, 7, 9, 11]


async def test_a_record_systems_adapter_sets_it_aside_and_goes_on(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    topic, nopsa = "nopsa.record.health.v1", Nopsa()
    await topics.create(kafka)
    await _pass_over_what_is_there(kafka, topic, group="lifecare-health")
    async with (
        served(nopsa.app()) as url,
        AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer,
    ):
        settings = AdapterSettings(
            kafka=kafka.bootstrap,
            issuer=url,
            client_id="lifecare-health",
            client_secret=SecretStr("s"),
            consent_url=url,
            store=tmp_path / "health.db",
        )
        wanted = [str(uuid4()) for _ in range(2)]
        for document_id in wanted:
            headers = [("ce_type", b"nopsa.record.health.document-ready.v1")]
            odd = [("traceparent", b"\xff\n")]
            await producer.send_and_wait(topic, _ready(document_id), b"k", 0, headers=headers + odd)
            await send_unreadable(producer, topic, 0)
        async with running(Adapter("health", settings)), asyncio.timeout(30):
            while _stored(settings.store) != (sorted(wanted), 2):
                await asyncio.sleep(0.05)


async def _pass_over_what_is_there(kafka: KafkaSettings, topic: str, *, group: str) -> None:
    """Other tests have written to the same topic of the same broker."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=group)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        await consumer.commit(await consumer.end_offsets(partitions))
    finally:
        await consumer.stop()


def _stored(file: Path) -> tuple[list[str], int]:
    """The documents that were confirmed, and how many messages were set aside."""
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT document_id FROM documents WHERE confirmed ORDER BY 1")
        aside = database.execute("SELECT count(*) FROM set_aside WHERE reason LIKE '%UTF-8%'")
        return [document_id for (document_id,) in found], aside.fetchone()[0]


def _ready(document_id: str) -> bytes:
    data = {
        "aggregate_id": document_id,
        "version": 1,
        "client_ref": str(uuid4()),
        "kind": "joint_plan",
        "document_version": 1,
        "detail_url": f"/v1/documents/{document_id}/content",
    }
    return json.dumps(data).encode()
