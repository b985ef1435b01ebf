"""Work that is told to stop ends what it has in hand first."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


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
