"""Commands that come at the same moment, done in one transaction.

Whoever comes while nothing is under way begins at once and alone; whoever comes meanwhile goes with
the next, so that nobody waits for company, and under load a commit and its statements are paid for
once instead of many times. Many go in two transactions by turns: while the database works on one,
the process works on the other. Nobody is answered before the commit that holds their work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence, Set
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from shared.db import is_unavailable, refusal_of

LOG = structlog.get_logger(__name__)
MOST = 64
"""So many share a transaction at most; its locks are held until the commit."""
ENOUGH = 14
"""So many begin beside a transaction that is under way; fewer wait for its end, since each one has
its own price, paid by all who share it."""
AT_ONCE = 4
"""So many transactions are under way at most."""
PATIENCE_SECONDS = 0.1
"""However few they are, another transaction begins beside those under way for somebody who waited
so long: one that waits for a lock must not hold up those who need no lock of the kind."""
LINGER_SECONDS = 0.004
"""So long the next transaction waits after one: those just answered send again, and go with it."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    group: Hashable
    names: Set[Hashable]
    since: float
    settled: "asyncio.Future[Result]"


class Together(Generic[Item, Result]):
    """Does items by `work`, which gives each its result, or the exception to raise for it.

    Only items of one `group` go together. No two that share one of their `names` are at work at a
    time, and they go in the order in which they came; unless the first takes too long: then it is
    for the work's own locks to keep them apart.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        group: Callable[[Item], Hashable],
        names: Callable[[Item], Set[Hashable]],
    ) -> None:
        self._work = work
        self._group = group
        self._names = names
        self._waiting: list[_Waiting[Item, Result]] = []
        self._at_work: list[Set[Hashable]] = []
        """The names in each transaction."""
        self._workers = 0
        """Who works off, be it that they just wait for the next to come."""
        self._tasks: set[asyncio.Task[None]] = set()
        """Held, lest they be collected; one leaves a turn after its work."""
        self._reinforcing: asyncio.TimerHandle | None = None

    async def do(self, item: Item) -> Result:
        """The item's result, once it is committed; raises what its work raised.

        The work goes on when the caller is cancelled: it may be committed already.
        """
        loop = asyncio.get_running_loop()
        settled: asyncio.Future[Result] = loop.create_future()
        self._waiting.append(
            _Waiting(item, self._group(item), self._names(item), loop.time(), settled)
        )
        if not self._workers or self._are_enough_for_a_second():
            self._begin()
        elif self._reinforcing is None:
            self._reinforce_in(loop, PATIENCE_SECONDS)
        return await settled

    def _are_enough_for_a_second(self) -> bool:
        """Beside the one and only transaction that somebody works off."""
        return self._workers == len(self._at_work) == 1 and len(self._waiting) >= ENOUGH

    def _begin(self, *, impatient: bool = False) -> None:
        self._workers += 1
        task = asyncio.create_task(self._work_off(impatient))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _reinforce_in(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._reinforcing = loop.call_later(seconds, self._reinforce, loop)

    def _reinforce(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins another transaction if somebody waited too long for the ones under way."""
        self._reinforcing = None
        if not self._waiting:
            return
        left = self._waiting[0].since + PATIENCE_SECONDS - loop.time()
        if left <= 0 and self._workers < AT_ONCE:
            self._begin(impatient=True)
        self._reinforce_in(loop, left if left > 0 else PATIENCE_SECONDS)

    async def _work_off(self, impatient: bool) -> None:
        """Until nobody waits, or those who do can wait for another transaction to end."""
        try:
            while batch := self._next(set() if impatient else set().union(*self._at_work)):
                impatient = False
                await self._work_together(batch)
                await asyncio.sleep(LINGER_SECONDS)
                if self._at_work and len(self._waiting) < ENOUGH:
                    return
        finally:
            self._workers -= 1

    async def _work_together(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        names = frozenset[Hashable]().union(*(one.names for one in batch))
        self._at_work.append(names)
        if self._are_enough_for_a_second():
            self._begin()
        try:
            await self._settle(batch)
        finally:
            self._at_work.remove(names)

    def _next(self, names: set[Hashable]) -> list[_Waiting[Item, Result]]:
        """Those who go together with the one who waited longest, and share none of the names; the
        others wait on. One half of many, if nobody is at work: the other half goes beside them."""
        free = (one for one in self._waiting if names.isdisjoint(one.names))
        first = next(free, None)
        if first is None:
            return []
        waiting = len(self._waiting)
        most = waiting // 2 if waiting >= 2 * ENOUGH and not self._at_work else waiting
        batch: list[_Waiting[Item, Result]] = []
        left: list[_Waiting[Item, Result]] = []
        for one in self._waiting:
            fits = one.group == first.group and len(batch) < min(most, MOST)
            (batch if fits and names.isdisjoint(one.names) else left).append(one)
            names |= one.names
        self._waiting = left
        return batch

    async def _settle(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            results = await self._work([one.item for one in batch])
        except Exception as error:
            await self._settle_failed(batch, error)
        except BaseException:
            for one in batch:
                one.settled.cancel()
            raise
        else:
            for one, result in zip(batch, results, strict=True):
                _tell(one.settled, result)

    async def _settle_failed(
        self, batch: Sequence[_Waiting[Item, Result]], error: Exception
    ) -> None:
        """What failed together is tried singly, so that a bad item stops no good one; unless the
        database is not there, which would keep all of them waiting in turn."""
        if len(batch) == 1 or is_unavailable(error):
            for one in batch:
                _tell(one.settled, error)
            return
        LOG.warning(
            "batch_failed", items=len(batch), error=type(error).__name__, **refusal_of(error)
        )
        for one in batch:
            await self._settle([one])


def _tell(settled: "asyncio.Future[Result]", result: Result | Exception) -> None:
    """Tells the caller, if it still waits."""
    if settled.done():
        return
    if isinstance(result, Exception):
        settled.set_exception(result)
    else:
        settled.set_result(result)
