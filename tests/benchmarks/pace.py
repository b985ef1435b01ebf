"""Requests at a constant rate, whatever the answers: what is slow makes nobody ask less, and the
time that a request waits behind a slow one counts (no coordinated omission)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import quantiles

Ask = Callable[[int], Awaitable[object]]


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the moment a request was due to its answer."""

    p50: float
    p95: float
    p99: float


async def at_rate(ask: Ask, *, per_second: float, seconds: float) -> Latency:
    """Asks for so long, each request at its own time, with its number. Raises what one raises."""
    began = time.perf_counter()
    waited: list[float] = []

    async def one(nth: int) -> None:
        due = began + nth / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await ask(nth)
        waited.append((time.perf_counter() - due) * 1000)

    async with asyncio.TaskGroup() as group:
        for nth in range(int(per_second * seconds)):
            group.create_task(one(nth))
    cuts = quantiles(waited, n=100)
    return Latency(cuts[49], cuts[94], cuts[98])
