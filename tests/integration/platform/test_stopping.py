"""A consumer that is told to stop ends what it has in hand, and leaves nothing to be done twice."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncSession

from shared.finishing import end_all, finished
from shared.messages import Received
from shared.relay import Relay
from tests.support.happenings import Lab, running


def duplicates(lab: Lab) -> float:
    labels = {"service": lab.settings.service_name, "topic": lab.topic, "outcome": "duplicate"}
    return REGISTRY.get_sample_value("nopsa_events_consumed_total", labels) or 0.0


@pytest.mark.kafka_too
@pytest.mark.ops
async def test_a_stopped_consumer_has_committed_all_that_it_applied(lab: Lab) -> None:
    """An event process stopped in the midst of work has committed what it applied, and no more."""
    begun = 0

    async def handler(session: AsyncSession, event: Received) -> None:
        nonlocal begun
        begun += 1
        await lab.note(session, event)
        await asyncio.sleep(0.05)

    await lab.write(uuid4(), range(1, 25))
    async with running(Relay(lab.settings)):
        await lab.on_topic(24)
        task = asyncio.create_task(lab.consumer(handler).run())
        async with asyncio.timeout(60):
            while begun < 3:
                await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        applied = len(await lab.effects())
        assert 3 <= applied == begun < 24
        async with running(lab.consumer(handler)):
            await lab.wait_for_effects(24)
    assert begun == 24, "nothing was begun twice"
    assert duplicates(lab) == 0
    assert [version for _, _, version in await lab.effects()] == list(range(1, 25))


@pytest.mark.kafka_too
@pytest.mark.parametrize("client", [AIOKafkaProducer, AIOKafkaConsumer])
async def test_a_client_that_cannot_say_goodbye_does_not_keep_its_process_alive(
    lab: Lab, client: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its error must not take the place of the order to stop, which would then be forgotten."""
    begun, orderly, goodbye = asyncio.Event(), client.start, client.stop

    async def start(one: Any) -> None:
        await orderly(one)
        begun.set()

    async def stop(one: Any) -> None:
        await goodbye(one)
        raise KafkaConnectionError("the broker is gone")

    monkeypatch.setattr(client, "start", start)
    monkeypatch.setattr(client, "stop", stop)
    work = Relay(lab.settings).run() if client is AIOKafkaProducer else lab.consumer().run()
    task = asyncio.create_task(work)
    async with asyncio.timeout(30):
        await begun.wait()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=10)
    assert done == {task}
    assert task.cancelled()


async def test_work_that_does_not_end_in_time_is_broken_off() -> None:
    stopping = asyncio.Event()

    async def endless() -> None:
        await asyncio.Event().wait()

    task = asyncio.create_task(finished(endless(), stopping=stopping.set, seconds=0.05))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stopping.is_set()


async def test_what_waits_for_somebody_who_is_gone_holds_nobody_up() -> None:
    ended: list[str] = []

    async def part(name: str, *, waits: bool) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            if waits:
                await asyncio.sleep(60)
            ended.append(name)

    tasks = [asyncio.create_task(part("orderly", waits=False))]
    tasks.append(asyncio.create_task(part("stuck", waits=True)))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_all(tasks, seconds=0.05)
    assert ended == ["orderly"]


async def test_the_failure_that_ended_a_part_is_raised_after_the_others_ended() -> None:
    async def fails() -> None:
        raise LookupError("of its own")

    async def goes_on() -> None:
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(fails()), asyncio.create_task(goes_on())]
    await asyncio.sleep(0)
    with pytest.raises(LookupError, match="of its own"):
        await end_all(tasks, seconds=1)
    assert tasks[1].cancelled()
