"""Work that is told to stop ends what it has in hand first."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError


async def finished(
    work: Coroutine[Any, Any, None], *, stopping: Callable[[], None], seconds: float
) -> None:
    """Awaits the work. Cancelled meanwhile, it calls `stopping`, lets the work come to its end for
    so many seconds, and is cancelled then."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        stopping()
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


async def end_all(tasks: Collection[asyncio.Task[None]], *, seconds: float) -> None:
    """Cancels what still runs and waits for its end, for so many seconds: a Kafka client may wait
    for a broker that is gone. What is left then ends with the event loop. Raises what made a task
    end by itself."""
    failed = [task for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=seconds)
    for task in failed:
        task.result()


async def said_goodbye(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stops the client. That a broker is not there to hear it must not take the place of what the
    client is stopped for, be it an error or the order to stop."""
    with suppress(KafkaError, OSError):
        await client.stop()
