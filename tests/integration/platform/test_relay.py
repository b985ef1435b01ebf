"""The relay loses nothing and never changes the order within a key, whoever dies when."""

import asyncio
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import ConsumerRecord
from sqlalchemy import text

from shared import outbox
from shared.messages import headers_of
from shared.outbox import replay_all
from shared.relay import IN_ORDER, MOST_TRACED, NEXT_OF_LANE, Relay
from tests.support.happenings import Lab, running

pytestmark = pytest.mark.kafka_too


@contextmanager
def relay_process(lab: Lab, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A relay in a process of its own; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.relay_process", *arguments],
        env=lab.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_line(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    for printed in process.stdout:
        if printed.strip() == line:
            return
    pytest.fail(f"the relay ended before it said {line!r}")


def ids_of(records: list[ConsumerRecord]) -> list[UUID]:
    return [UUID(headers_of(record)["ce_id"]) for record in records]


def order_violations(lab: Lab, records: list[ConsumerRecord]) -> int:
    """How often a version of a key first shows up behind a later one."""
    seen: dict[UUID, list[int]] = defaultdict(list)
    for record in records:
        data = lab.happened.model_validate_json(record.value)
        if data.version not in seen[data.aggregate_id]:
            seen[data.aggregate_id].append(data.version)
    return sum(versions != sorted(versions) for versions in seen.values())


async def unpublished(lab: Lab) -> int:
    connection = await asyncpg.connect(lab.settings.asyncpg_dsn)
    try:
        count = await connection.fetchval("SELECT count(*) FROM outbox_queue")
    finally:
        await connection.close()
    return int(count)


async def test_a_relay_killed_between_commit_and_publish_loses_nothing(lab: Lab) -> None:
    with relay_process(lab) as process:
        await asyncio.to_thread(wait_for_line, process, "started")
        process.send_signal(signal.SIGKILL)
        process.wait()
        written = await lab.write(uuid4(), range(1, 51))
    async with running(Relay(lab.settings)):
        records = await lab.on_topic(50)
    assert ids_of(records) == written


async def test_a_relay_killed_before_what_it_sent_leaves_the_queue_repeats_but_consumers_apply_once(
    lab: Lab,
) -> None:
    key = uuid4()
    written = await lab.write(key, range(1, 51))
    with relay_process(lab, "hang-before-leaving") as process:
        await asyncio.to_thread(wait_for_line, process, "published")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert await unpublished(lab) == 50, "nothing has left the queue"
    consumer = lab.consumer()
    async with running(Relay(lab.settings), consumer):
        await lab.wait_for_effects(50)
        records = await lab.on_topic(50)
        await asyncio.sleep(1)
    assert len(records) == 100, "each was sent twice"
    assert [event_id for event_id, _, _ in await lab.effects()] == written, "each applied once"


async def test_order_per_key_holds_with_many_writers_and_competing_relays(lab: Lab) -> None:
    chance = random.Random(7)
    keys = [uuid4() for _ in range(2000)]
    versions = {key: chance.randint(1, 3) for key in keys}
    locks: dict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
    turns = [key for key in keys for _ in range(versions[key])]
    chance.shuffle(turns)
    written: dict[UUID, int] = defaultdict(int)

    async def writer() -> None:
        while turns:
            key = turns.pop()
            async with locks[key]:
                written[key] += 1
                await lab.write(key, [written[key]])

    with relay_process(lab) as killed:
        async with running(Relay(lab.settings)):
            writers = [asyncio.create_task(writer()) for _ in range(20)]
            while len(turns) > 2000:
                await asyncio.sleep(0.05)
            killed.send_signal(signal.SIGKILL)
            await asyncio.gather(*writers)
            total = sum(versions.values())
            records = await lab.on_topic(total)
    assert len(set(ids_of(records))) == total
    assert order_violations(lab, records) == 0


async def test_writers_that_race_for_one_key_keep_commit_order(lab: Lab) -> None:
    key = uuid4()
    connection = await asyncpg.connect(lab.settings.asyncpg_dsn)
    await connection.execute("CREATE TABLE counter (n int)")
    await connection.execute("INSERT INTO counter VALUES (0)")
    await connection.close()

    async def writer() -> None:
        for _ in range(20):
            await _write_next(lab, key)

    async with running(Relay(lab.settings)):
        await asyncio.gather(*(writer() for _ in range(10)))
        records = await lab.on_topic(200)
    found = [lab.happened.model_validate_json(record.value).version for record in records]
    assert found == list(range(1, 201))


async def _write_next(lab: Lab, key: UUID) -> None:
    """A command that bumps a version under its row lock, as every command does."""
    async with lab.database.sessions() as session, session.begin():
        version = await session.scalar(text("UPDATE counter SET n = n + 1 RETURNING n"))
        await asyncio.sleep(random.random() / 500)
        await outbox.append(session, [outbox.message(lab.data(key, int(version)), key=key)])


async def test_replay_sends_everything_again_under_the_same_ids(lab: Lab) -> None:
    written = await lab.write(uuid4(), range(1, 11))
    async with running(Relay(lab.settings)):
        await lab.on_topic(10)
        assert await replay_all(lab.settings.asyncpg_dsn) == 10
        async with asyncio.timeout(20):
            while await unpublished(lab):
                await asyncio.sleep(0.1)
        records = await lab.on_topic(10)
    assert ids_of(records) == written * 2


async def test_a_relay_goes_on_after_its_connection_was_cut(lab: Lab) -> None:
    key = uuid4()
    async with running(Relay(lab.settings)):
        await lab.write(key, range(1, 6))
        await lab.on_topic(5)
        connection = await asyncpg.connect(lab.settings.asyncpg_dsn)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        await lab.database.close()
        await lab.write(key, range(6, 11))
        records = await lab.on_topic(10)
    assert order_violations(lab, records) == 0
    assert len(set(ids_of(records))) == 10


async def test_in_a_backlog_too_every_event_goes_out_with_a_trace(lab: Lab) -> None:
    """A clock that raises an event has no trace that could go on."""
    written = await lab.write(uuid4(), range(1, MOST_TRACED + 11))
    async with running(Relay(lab.settings)):
        records = await lab.on_topic(len(written))
    traces = [headers_of(record)["traceparent"].split("-") for record in records]
    assert len({trace_id for _, trace_id, _, _ in traces}) == len(written)
    assert {flags for *_, flags in traces} == {"00"}, "none is recorded"


async def test_a_batch_of_a_long_backlog_is_read_without_gathering_the_backlog(lab: Lab) -> None:
    await lab.write(uuid4(), range(1, 1001))
    connection = await asyncpg.connect(lab.settings.asyncpg_dsn, server_settings=IN_ORDER)
    await connection.execute(
        "INSERT INTO outbox_queue SELECT n, n FROM generate_series(5000, 99999) n"
    )
    plan = await connection.fetch(f"EXPLAIN (ANALYZE) {NEXT_OF_LANE}", 4, 1, 100)
    await connection.close()
    scans = [line for (line,) in plan if "Scan" in line and "outbox_queue" in line]
    assert ["Index Scan using outbox_queue_pkey" in scan for scan in scans] == [True]
    assert not [line for (line,) in plan if "Sort" in line]
