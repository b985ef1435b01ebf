"""The broker keeps each record system out of the other's topic, by the lists in `deploy/kafka`."""

import asyncio
import csv
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest

from deploy.local.broker import Kafka
from deploy.local.process import CODE_ROOT
from deploy.local.supervisor import Supervisor

FOLDER = CODE_ROOT / "deploy" / "kafka"
USERS = ("admin", "consent", "lifecare-social", "lifecare-health")
TOPICS = ("nopsa.record.social.v1", "nopsa.record.health.v1", "nopsa.record-status.v1")
CODES = {"topic": 2, "group": 3, "Read": 3, "Write": 4, "Describe": 8}
"""Kafka's own numbers of resource types and operations."""
LITERAL, ALLOW = 3, 3


def entries() -> list[dict[str, str]]:
    with (FOLDER / "acls.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_script_tells_the_tool_every_line_of_the_list() -> None:
    environment = {**os.environ, "KAFKA_ACLS": "echo"}
    done = subprocess.run(
        ["/bin/sh", str(FOLDER / "acls.sh")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"--add --allow-principal User:{one['principal']} --operation {one['operation']} "
        f"--{one['resource']} {one['name']} --resource-pattern-type literal"
        for one in entries()
    ]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Apache Kafka with an authorizer; its address."""
    folder = tmp_path_factory.mktemp("guarded")
    supervisor = Supervisor(folder)
    broker = Kafka(folder)
    broker.prepare(supervisor.run)
    properties = folder / "kafka" / "server.properties"
    users = " ".join(f'user_{name}="{name}"' for name in USERS)
    properties.write_text(
        properties.read_text()
        .replace("listeners=PLAINTEXT:", "listeners=SASL_PLAINTEXT:")
        .replace("protocol.map=PLAINTEXT:PLAINTEXT", "protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT")
        + "inter.broker.listener.name=SASL_PLAINTEXT\n"
        "sasl.enabled.mechanisms=PLAIN\n"
        "sasl.mechanism.inter.broker.protocol=PLAIN\n"
        "listener.name.sasl_plaintext.plain.sasl.jaas.config="
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="admin" password="admin" {users};\n'
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
        "allow.everyone.if.no.acl.found=false\n"
        "super.users=User:admin;User:ANONYMOUS\n"
    )
    supervisor.add(broker.spec())
    supervisor.spawn(["broker"])
    supervisor.wait_ready(["broker"])
    yield broker.bootstrap
    supervisor.close()


def access(bootstrap: str, user: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": user,
        "sasl_plain_password": user,
    }


@pytest.fixture(scope="module")
async def broker(guarded: str) -> str:
    """The broker with the topics, under the lists."""
    admin = AIOKafkaAdminClient(**access(guarded, "admin"))
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1) for name in TOPICS])
    for one in entries():
        request = CreateAclsRequest(
            CODES[one["resource"]],
            one["name"],
            LITERAL,
            f"User:{one['principal']}",
            "*",
            CODES[one["operation"]],
            ALLOW,
        )
        answer = await admin._send_request(request)
        assert [code for code, *_ in answer.creation_responses] == [0]
    await admin.close()
    return guarded


async def may_read(bootstrap: str, user: str, topic: str, group: str | None = None) -> bool:
    consumer = AIOKafkaConsumer(
        **access(bootstrap, user), group_id=group, auto_offset_reset="earliest"
    )
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


async def may_write(bootstrap: str, user: str, topic: str) -> bool:
    producer = AIOKafkaProducer(**access(bootstrap, user))
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"{}")
    except TopicAuthorizationFailedError:
        return False
    finally:
        await producer.stop()
    return True


@pytest.mark.kafka
async def test_each_record_system_reads_its_own_topic_and_no_other(broker: str) -> None:
    social, health, status = TOPICS
    for topic in TOPICS:
        assert await may_write(broker, "consent", topic)
    assert await may_read(broker, "lifecare-social", social, "lifecare-social")
    assert await may_read(broker, "lifecare-health", health, "lifecare-health")
    for user, theirs in (("lifecare-social", health), ("lifecare-health", social)):
        assert not await may_read(broker, user, theirs)
        assert not await may_read(broker, user, status)
        assert not await may_write(broker, user, theirs)
    assert not await may_read(broker, "lifecare-social", social, "lifecare-health")
    for user in ("lifecare-social", "lifecare-health"):
        assert not await may_write(broker, user, f"nopsa.record.{user.split('-')[1]}.v1")


def test_the_lists_name_no_more_than_the_record_topics() -> None:
    assert {one["name"] for one in entries() if one["resource"] == "topic"} == set(TOPICS)
    for record in ("social", "health"):
        theirs = [one for one in entries() if one["principal"] == f"lifecare-{record}"]
        assert {one["name"] for one in theirs} == {
            f"nopsa.record.{record}.v1",
            f"lifecare-{record}",
        }
        assert {one["operation"] for one in theirs} == {"Read", "Describe"}
