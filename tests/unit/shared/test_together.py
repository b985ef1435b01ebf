"""Commands that come at the same moment share a transaction, and nobody pays for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import together
from shared.together import Together


@dataclass(frozen=True)
class Item:
    nth: int
    group: str = "a"
    names: frozenset[str] = frozenset()


@dataclass
class Work:
    """Notes what goes together; each batch waits until it is let go."""

    batches: list[list[Item]] = field(default_factory=list)
    bad: frozenset[int] = frozenset()
    error: Exception = field(default_factory=lambda: ValueError("bad"))
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, items: Sequence[Item]) -> list[str | Exception]:
        self.batches.append(list(items))
        await self.gate.wait()
        if any(item.nth in self.bad for item in items):
            raise self.error
        return [f"done {item.nth}" for item in items]

    def together(self) -> Together[Item, str]:
        return Together(self, group=lambda item: item.group, names=lambda item: item.names)

    @property
    def numbers(self) -> list[list[int]]:
        return [[item.nth for item in batch] for batch in self.batches]


Calls = list["asyncio.Task[str]"]


async def calls_of(door: Together[Item, str], count: int) -> Calls:
    """One that goes at once, and others that come while it is under way."""
    calls = [asyncio.create_task(door.do(Item(0)))]
    await rest(2)
    calls += [asyncio.create_task(door.do(Item(nth))) for nth in range(1, count)]
    await rest(2)
    return calls


async def rest(times: int) -> None:
    """Lets the others run."""
    for _ in range(times):
        await asyncio.sleep(0)


async def test_the_first_goes_at_once_and_those_who_come_meanwhile_go_together() -> None:
    work = Work()
    door = work.together()
    calls = await calls_of(door, 5)
    assert work.numbers == [[0]]
    work.gate.set()
    assert await asyncio.gather(*calls) == [f"done {nth}" for nth in range(5)]
    assert work.numbers == [[0], [1, 2, 3, 4]]


async def test_no_more_than_the_most_go_together() -> None:
    work = Work()
    door = work.together()
    calls = await calls_of(door, together.MOST + 2)
    work.gate.set()
    await asyncio.gather(*calls)
    assert [len(batch) for batch in work.batches] == [1, together.MOST, 1]


async def test_enough_of_them_go_beside_the_one_under_way_and_fewer_wait_for_its_end() -> None:
    work = Work()
    door = work.together()
    calls = await calls_of(door, together.ENOUGH)
    assert work.numbers == [[0]]
    calls.append(asyncio.create_task(door.do(Item(together.ENOUGH))))
    await rest(2)
    assert work.numbers == [[0], list(range(1, together.ENOUGH + 1))]
    calls.append(asyncio.create_task(door.do(Item(99))))
    await rest(2)
    assert len(work.batches) == 2
    work.gate.set()
    await asyncio.gather(*calls)
    assert work.numbers[2:] == [[99]]


async def test_many_who_come_at_once_go_in_two_halves() -> None:
    work = Work()
    door = work.together()
    calls = [asyncio.create_task(door.do(Item(nth))) for nth in range(2 * together.ENOUGH)]
    await rest(4)
    assert [len(batch) for batch in work.batches] == [together.ENOUGH, together.ENOUGH]
    work.gate.set()
    await asyncio.gather(*calls)


async def test_who_shares_a_name_with_one_at_work_does_not_go_beside_it() -> None:
    work = Work()
    door = work.together()
    named = frozenset({"x"})
    calls = [asyncio.create_task(door.do(Item(0, names=named)))]
    await rest(2)
    wanted = [Item(1, names=named), *(Item(nth) for nth in range(2, together.ENOUGH + 1))]
    calls += [asyncio.create_task(door.do(item)) for item in wanted]
    await rest(3)
    assert work.numbers == [[0], list(range(2, together.ENOUGH + 1))]
    work.gate.set()
    await asyncio.gather(*calls)
    assert work.numbers[2:] == [[1]]


items = st.lists(
    st.builds(
        Item,
        st.just(0),
        st.sampled_from("ab"),
        st.frozensets(st.sampled_from("xyz"), max_size=2),
    ),
    max_size=12,
)


@given(items)
@settings(max_examples=60, deadline=None)
def test_those_who_share_a_name_or_differ_in_group_never_go_together_and_keep_their_order(
    drawn: list[Item],
) -> None:
    numbered = [Item(nth, item.group, item.names) for nth, item in enumerate(drawn)]

    async def run() -> Work:
        work = Work()
        door = work.together()
        calls = [asyncio.create_task(door.do(item)) for item in numbered]
        await rest(3)
        work.gate.set()
        assert await asyncio.gather(*calls) == [f"done {item.nth}" for item in numbered]
        return work

    work = asyncio.run(run())
    for batch in work.batches:
        names = [name for item in batch for name in item.names]
        assert len(names) == len(set(names))
        assert len({item.group for item in batch}) == 1
    place = {item.nth: nth for nth, batch in enumerate(work.batches) for item in batch}
    for earlier in numbered:
        for later in numbered[earlier.nth + 1 :]:
            if earlier.group == later.group and earlier.names & later.names:
                assert place[earlier.nth] < place[later.nth]


async def test_a_bad_one_stops_no_good_one() -> None:
    work = Work(bad=frozenset({2}))
    door = work.together()
    calls = await calls_of(door, 4)
    work.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [str(result) for result in results] == ["done 0", "done 1", "bad", "done 3"]
    assert work.numbers == [[0], [1, 2, 3], [1], [2], [3]]


async def test_nobody_waits_in_turn_for_a_database_that_is_not_there() -> None:
    work = Work(bad=frozenset({1}), error=asyncpg.CannotConnectNowError("starting up"))
    door = work.together()
    calls = await calls_of(door, 4)
    work.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results[1:]] == [asyncpg.CannotConnectNowError] * 3
    assert work.numbers == [[0], [1, 2, 3]]


async def test_one_that_waits_for_a_lock_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(together, "PATIENCE_SECONDS", 0.01)
    stuck, batches = asyncio.Event(), list[list[int]]()

    async def work(items: Sequence[Item]) -> list[str | Exception]:
        batches.append([item.nth for item in items])
        if items[0].nth == 0:
            await stuck.wait()
        return ["done" for _ in items]

    door = Together[Item, str](work, group=lambda item: item.group, names=lambda item: item.names)
    first = asyncio.create_task(door.do(Item(0)))
    await asyncio.sleep(0)
    others = [asyncio.create_task(door.do(Item(nth))) for nth in (1, 2)]
    assert await asyncio.gather(*others) == ["done", "done"]
    assert not first.done()
    stuck.set()
    assert await first == "done"
    assert batches == [[0], [1, 2]]


async def test_a_caller_who_goes_away_takes_nobody_along() -> None:
    work = Work()
    door = work.together()
    calls = await calls_of(door, 3)
    calls[1].cancel()
    work.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [str(result) for result in results[::2]] == ["done 0", "done 2"]
    assert work.numbers == [[0], [1, 2]]
