"""The operator's commands on a running stack: what is well, what is wrong, what waits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner, Result

from deploy.cli.main import app
from deploy.cli.running import READY_FILE
from shared.contracts.topics import REFERRAL
from shared.settings import KafkaSettings
from tests.support.house import House, eventually


@pytest.fixture
def published(house: House) -> Iterator[House]:
    """A stack that commands find by its ready file."""
    house.stack.publish(house.stack.data_dir / READY_FILE)
    yield house
    house.stack.publish()


async def nopsa(house: House, *words: str) -> Result:
    """A command, as in a process of its own: it has a loop of its own."""
    words = (*words, "--data-dir", str(house.stack.data_dir))
    return await asyncio.to_thread(CliRunner().invoke, app, words, env={"COLUMNS": "240"})


def lines_of(told: Result, *words: str) -> list[str]:
    return [line for line in told.output.splitlines() if all(word in line for word in words)]


@asynccontextmanager
async def stopped(house: House, name: str) -> AsyncIterator[None]:
    await asyncio.to_thread(house.stack.supervisor.stop, name)
    try:
        yield
    finally:
        await asyncio.to_thread(house.stack.supervisor.start, name)


async def poison(kafka: KafkaSettings) -> None:
    producer = AIOKafkaProducer(**kafka.access)
    await producer.start()
    headers = [
        ("ce_type", b"nopsa.referral.received.v1"),
        ("ce_id", str(uuid4()).encode()),
    ]
    await producer.send_and_wait(REFERRAL, b'{"phone": "+358401234567"}', b"k", headers=headers)
    await producer.stop()


@pytest.mark.ops
async def test_the_doctor_finds_a_dead_letter_and_is_content_once_it_is_dropped(
    published: House, topics: KafkaSettings
) -> None:
    """`nopsa doctor` on a running stack says what is wrong, and `nopsa dlq` settles it."""
    await poison(topics)

    async def told() -> list[str]:
        return lines_of(await nopsa(published, "dlq", "list"), "schema_violation", "nopsa-caseload")

    letter = (await eventually(told, seconds=60))[0].split()[0]
    shown = await nopsa(published, "dlq", "show", letter)
    assert '"phone": "***"' in shown.output
    found = await nopsa(published, "doctor")
    assert found.exit_code == 1
    assert lines_of(found, "WRONG", "caseload: dead letters", "1 of nopsa.referral.v1")
    for well in ("referral-worker: readiness", "consent: keys", "topics", "disclosure log"):
        assert lines_of(found, "well", well), found.output
    dropped = await nopsa(published, "dlq", "drop", "--all", "--reason", "made by a test")
    assert dropped.exit_code == 0, dropped.output
    assert (await nopsa(published, "dlq", "drop", letter, "--reason", "again")).exit_code == 1
    found = await nopsa(published, "doctor", "--service", "analytics")
    assert lines_of(found, "well", "analytics: dead letters: none"), found.output


async def test_what_is_down_is_named_and_who_is_behind_for_it(published: House) -> None:
    async def behind() -> list[str]:
        return lines_of(await nopsa(published, "lag"), "nopsa-analytics", "nopsa.team.v1")

    async def caught_up() -> bool:
        told = await nopsa(published, "lag", "--all")
        return bool(lines_of(told, "nopsa-analytics", "nopsa.team.v1", "none"))

    await published.new_team("17", "244")
    await eventually(caught_up, seconds=60)
    async with stopped(published, "analytics-worker"):
        await published.new_team("17", "425")
        assert await eventually(behind, seconds=60)
        found = await nopsa(published, "doctor")
    assert found.exit_code == 1
    assert lines_of(found, "WRONG", "analytics-worker: readiness")
    assert "Look whether the process runs" in found.output
    await eventually(caught_up, seconds=60)


async def test_events_are_sent_again_and_nobody_applies_them_twice(published: House) -> None:
    words = ("replay", "--service", "caseload", "--topic", "nopsa.team.v1")
    counted = await nopsa(published, *words, "--dry-run")
    number = int(counted.output.split()[0])
    assert number > 0
    assert (await nopsa(published, *words)).output.startswith(f"{number} events")

    async def sent_again() -> bool:
        return (await nopsa(published, *words, "--dry-run")).output.startswith(f"{number} events")

    await eventually(sent_again, seconds=60)
    assert (await nopsa(published, "dlq", "list", "--topic", "nopsa.team.v1")).output.startswith(
        "No dead"
    )
