"""A dead letter is replayed to the group that failed, once, or dropped for good."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.ops.letters import settle
from deploy.ops.system import Service
from shared.dead_letters import Step
from shared.messages import PoisonError, Received
from shared.relay import Relay
from tests.support.happenings import Lab, running

pytestmark = pytest.mark.kafka_too


async def rows(lab: Lab, query: str) -> list[Any]:
    connection = await asyncpg.connect(lab.settings.asyncpg_dsn)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def letters(lab: Lab) -> list[Any]:
    return await rows(lab, 'SELECT * FROM dead_letters ORDER BY "offset"')


async def wait_until(lab: Lab, *states: str) -> list[Any]:
    """The letters once they stand as said."""
    async with asyncio.timeout(60):
        while [row["state"] for row in await letters(lab)] != list(states):
            await asyncio.sleep(0.1)
    return await letters(lab)


async def decide(lab: Lab, step: Step, *letter_ids: UUID, note: str | None = None) -> list[UUID]:
    async with Service("lab", lab.settings.asyncpg_dsn).session() as session:
        return await settle(session, letter_ids, step, note)


@pytest.mark.ops
async def test_replayed_letters_are_applied_once_and_in_order_by_whom_they_failed(lab: Lab) -> None:
    """A dead letter is replayed to the group that failed, once, in order, and to nobody else."""
    mended = asyncio.Event()

    async def handler(session: AsyncSession, event: Received) -> None:
        if event.data.version in (2, 3) and not mended.is_set():
            raise PoisonError("not_yet", "a fault of ours")
        await lab.note(session, event)

    written = await lab.write(uuid4(), range(1, 5))
    async with running(lab.consumer(handler), Relay(lab.settings)):
        found = await wait_until(lab, "open", "open")
        await lab.wait_for_effects(2)
        assert [row["event_id"] for row in found] == written[1:3]
        assert {row["reason"] for row in found} == {"not_yet"}
        mended.set()
        chosen = [row["letter_id"] for row in reversed(found)]
        assert set(await decide(lab, Step.REPLAY, *chosen)) == set(chosen)
        found = await wait_until(lab, "replayed", "replayed")
        assert [version for _, _, version in await lab.effects()] == [1, 4, 2, 3]
        assert await decide(lab, Step.REPLAY, *chosen) == [], "what was applied is not again"
    assert len(await lab.on_topic(4)) == 4, "nobody else was sent anything"
    outcomes = await rows(lab, "SELECT outcome FROM inbox")
    assert [row["outcome"] for row in outcomes] == ["applied"] * 4


async def test_a_letter_that_fails_again_waits_again_and_says_why(lab: Lab) -> None:
    reasons = iter(["first", "second"])

    async def handler(_: AsyncSession, __: Received) -> None:
        raise PoisonError(next(reasons), "")

    await lab.write(uuid4(), [1])
    async with running(lab.consumer(handler), Relay(lab.settings)):
        (letter,) = await wait_until(lab, "open")
        await decide(lab, Step.REPLAY, letter["letter_id"])
        async with asyncio.timeout(60):
            while (await letters(lab))[0]["replays"] == 0:
                await asyncio.sleep(0.1)
    (letter,) = await letters(lab)
    assert (letter["state"], letter["reason"], letter["replays"]) == ("open", "second", 1)
    assert await lab.effects() == []


async def test_a_dropped_letter_is_never_applied_and_who_dropped_it_is_noted(lab: Lab) -> None:
    async def handler(_: AsyncSession, __: Received) -> None:
        raise PoisonError("never", "")

    await lab.write(uuid4(), [1])
    async with running(lab.consumer(handler), Relay(lab.settings)):
        (letter,) = await wait_until(lab, "open")
    await decide(lab, Step.DROP, letter["letter_id"], note="sent by a test of eero@example.org")
    (letter,) = await letters(lab)
    assert letter["state"] == "dropped"
    assert letter["note"] == "sent by a test of ***"
    (act,) = await rows(lab, "SELECT * FROM audit")
    assert (act["action"], act["subject_id"]) == ("dead_letter.drop", letter["letter_id"])
    assert act["actor"] == letter["decided_by"]
    assert letter["decided_by"].startswith("operator:")
