"""The broker lets everybody do what the list in `deploy/kafka` says and no more: over TLS, by name
and password, each service its own topics, each record system its own record."""

import asyncio
import importlib
import itertools
import os
import subprocess
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from services.consent.disclosures import keeping
from shared import topics as topic_maker
from shared.consumer import Handlers
from shared.contracts import topic_of
from shared.contracts.topics import ALL, DISCLOSURE, dead_letter
from shared.settings import KafkaSettings
from tests.support.kafka_house import (
    FOLDER,
    GuardedKafka,
    entries,
    guarded_kafka,
    principals,
)

SERVICES = ("referral", "caseload", "consent", "analytics")
pytestmark = pytest.mark.ops
RECORD_TOPICS = ("nopsa.record.social.v1", "nopsa.record.health.v1", "nopsa.record-status.v1")


def named(principal: str, operation: str) -> set[str]:
    """The topics that the list lets a principal read or write."""
    return {
        one["name"]
        for one in entries()
        if (one["principal"], one["resource"]) == (principal, "topic")
        and operation in one["operations"].split()
    }


def consumed(service: str) -> set[str]:
    """The topics that a service has handlers for."""
    handlers: list[Handlers] = [importlib.import_module(f"services.{service}.consumers").HANDLERS]
    if service == "consent":
        handlers.append(keeping.HANDLERS)
    return {topic_of(data_class) for one in handlers for data_class in one}


def test_the_script_tells_the_tool_every_line_of_the_list() -> None:
    environment = {**os.environ, "KAFKA_ACLS": "echo"}
    done = subprocess.run(
        ["/bin/sh", str(FOLDER / "acls.sh")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = set()
    for call in done.stdout.splitlines():
        words = call.split()
        pairs = list(itertools.pairwise(words))
        pattern = words[words.index("--resource-pattern-type") + 1]
        for option, name in pairs:
            if option in ("--topic", "--group"):
                operations = " ".join(value for key, value in pairs if key == "--operation")
                principal = words[words.index("--allow-principal") + 1].removeprefix("User:")
                told.add((principal, option.removeprefix("--"), name, pattern, operations))
    assert told == {tuple(one.values()) for one in entries()}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_read_what_it_has_handlers_for_and_set_aside_what_it_reads(
    service: str,
) -> None:
    assert named(service, "Read") == consumed(service)
    dead = {topic for topic in named(service, "Write") if topic.endswith(".dlq")}
    assert dead == {dead_letter(topic) for topic in consumed(service)}


def test_every_topic_has_one_writer_and_disclosures_are_told_by_all() -> None:
    for topic in ALL:
        writers = [name for name in principals() if topic in named(name, "Write")]
        assert writers == sorted(SERVICES) if topic == DISCLOSURE else len(writers) == 1, topic


def test_a_record_system_has_its_own_topic_and_group_alone() -> None:
    for record in ("social", "health"):
        theirs = [one for one in entries() if one["principal"] == f"lifecare-{record}"]
        assert [(one["name"], one["operations"], one["pattern"]) for one in theirs] == [
            (f"nopsa.record.{record}.v1", "Read Describe", "literal"),
            (f"lifecare-{record}", "Read", "literal"),
        ]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    """Apache Kafka with the topics, under the lists."""
    with guarded_kafka(tmp_path_factory.mktemp("guarded")) as running:
        asyncio.run(_furnish(running))
        yield running


async def _furnish(running: GuardedKafka) -> None:
    await topic_maker.create(running.settings("admin"))
    await running.apply_lists()


async def may_read(kafka: KafkaSettings, topic: str, group: str | None = None) -> bool:
    consumer = AIOKafkaConsumer(**kafka.access, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        if group is None:
            consumer.assign([TopicPartition(topic, 0)])
        else:
            consumer.subscribe([topic])
        async with asyncio.timeout(3 if group is None else 15):
            return bool((await consumer.getone()).topic == topic)
    except TimeoutError:
        assert topic in consumer._client.cluster.unauthorized_topics
        return False
    except (TopicAuthorizationFailedError, GroupAuthorizationFailedError):
        return False
    finally:
        await consumer.stop()


async def may_write(kafka: KafkaSettings, topic: str) -> bool:
    producer = AIOKafkaProducer(**kafka.access)
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"{}", partition=0)
    except TopicAuthorizationFailedError:
        return False
    finally:
        await producer.stop()
    return True


@pytest.mark.kafka
async def test_each_record_system_reads_its_own_topic_and_no_other(broker: GuardedKafka) -> None:
    social, health, status = RECORD_TOPICS
    for topic in RECORD_TOPICS:
        assert await may_write(broker.settings("consent"), topic)
    reader = {record: broker.settings(f"lifecare-{record}") for record in ("social", "health")}
    assert await may_read(reader["social"], social, "lifecare-social")
    assert await may_read(reader["health"], health, "lifecare-health")
    for record, theirs in (("social", health), ("health", social)):
        assert not await may_read(reader[record], theirs)
        assert not await may_read(reader[record], status)
        assert not await may_write(reader[record], f"nopsa.record.{record}.v1")
    assert not await may_read(reader["social"], social, "lifecare-health")


@pytest.mark.kafka
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_its_own_topics_and_no_other(
    broker: GuardedKafka, service: str
) -> None:
    kafka = broker.settings(service)
    allowed = {topic for topic in ALL if await may_write(kafka, topic)}
    assert allowed == {topic for topic in named(service, "Write") if not topic.endswith(".dlq")}


@pytest.mark.kafka
async def test_nobody_gets_in_with_a_wrong_password_or_to_a_broker_of_another_name(
    broker: GuardedKafka,
) -> None:
    with pytest.raises(KafkaError):
        await may_write(broker.settings("consent", password="guessed"), RECORD_TOPICS[0])
    elsewhere = broker.settings("consent").model_copy(
        update={"bootstrap": broker.bootstrap.replace("localhost", "127.0.0.1")}
    )
    with pytest.raises(KafkaError):
        await may_write(elsewhere, RECORD_TOPICS[0])
