"""A consumer that is told to stop ends what it has in hand, and leaves nothing to be done twice."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncSession

from shared.finishing import finished
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
