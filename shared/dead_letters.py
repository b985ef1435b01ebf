"""Dead letters: what a consumer could not apply, kept until somebody replays or drops it.

The content of a letter lies in the outbox row that told of it; its row here says what became of it.
A replay is asked for by whoever decides, and done by the consumer that has the letter's partition,
between two batches: only the group that failed gets it, and nothing else of that partition is
handled meanwhile.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import Result, Row, Select, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import inbox
from shared.db import Database, is_transient
from shared.messages import REASON_HEADERS, PoisonError, identity_of
from shared.outbox import Message
from shared.tables import dead_letters, outbox
from shared.tables import inbox as arrived

LOG = structlog.get_logger(__name__)
POLL_SECONDS = 2.0

Apply = Callable[[AsyncSession, ConsumerRecord], Awaitable[None]]


class State(StrEnum):
    """Where a letter stands. One that is `replaying` waits for its consumer."""

    OPEN = "open"
    REPLAYING = "replaying"
    REPLAYED = "replayed"
    DROPPED = "dropped"


class Step(StrEnum):
    """What happens to a letter: the first two are decided, the others are what came of a replay."""

    REPLAY = "replay"
    DROP = "drop"
    APPLIED = "applied"
    FAILED = "failed"


_TRANSITIONS = {
    (State.OPEN, Step.REPLAY): State.REPLAYING,
    (State.OPEN, Step.DROP): State.DROPPED,
    (State.DROPPED, Step.REPLAY): State.REPLAYING,
    (State.REPLAYING, Step.DROP): State.DROPPED,
    (State.REPLAYING, Step.APPLIED): State.REPLAYED,
    (State.REPLAYING, Step.FAILED): State.OPEN,
}


def after(state: State, step: Step) -> State | None:
    """The state that a step leads to; None where it leads nowhere."""
    return _TRANSITIONS.get((state, step))


async def keep(
    session: AsyncSession, letter: Message, record: ConsumerRecord, error: PoisonError, group: str
) -> None:
    """Notes a letter in the transaction that sends it."""
    await session.execute(
        dead_letters.insert().values(
            letter_id=letter.event_id,
            event_id=identity_of(record),
            consumer_group=group,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=error.reason,
            detail=error.detail,
            state=State.OPEN,
        )
    )


async def decide(
    session: AsyncSession, letter_ids: Collection[UUID], step: Step, *, by: str, note: str | None
) -> Sequence[Row[Any]]:
    """Takes the step with those of the letters that it is open to; their rows."""
    before = [state for state in State if after(state, step) is not None]
    moved: Result[Any] = await session.execute(
        update(dead_letters)
        .where(dead_letters.c.letter_id.in_(letter_ids), dead_letters.c.state.in_(before))
        .values(state=after(before[0], step), decided_at=func.now(), decided_by=by, note=note)
        .returning(dead_letters)
    )
    return moved.all()


def letters() -> Select[Any]:
    """Every letter with what came: key, value and headers."""
    return select(dead_letters, outbox.c.key, outbox.c.value, outbox.c.headers).join(
        outbox, outbox.c.event_id == dead_letters.c.letter_id
    )


def record_of(letter: Row[Any]) -> ConsumerRecord:
    """The record as it came, without what the letter added."""
    headers = [
        (name, value.encode("latin-1"))
        for name, value in letter.headers
        if name not in REASON_HEADERS
    ]
    return ConsumerRecord(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        timestamp=0,
        timestamp_type=0,
        key=letter.key,
        value=letter.value,
        checksum=None,
        serialized_key_size=len(letter.key),
        serialized_value_size=len(letter.value),
        headers=headers,
    )


class Replayer:
    """Gives a group the letters that it shall have again, in the order of their partition."""

    def __init__(self, database: Database, group: str, apply: Apply) -> None:
        self._database = database
        self._group = group
        self._apply = apply
        self._due = 0.0

    async def replay(self, assigned: Collection[TopicPartition]) -> None:
        """Looks, every few seconds, for letters of these partitions that were asked for, and
        applies them. What fails for want of a server is tried again at the next look."""
        if not assigned or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + POLL_SECONDS
        try:
            while await self._replay_next(assigned):
                pass
        except Exception as error:
            LOG.warning("dead_letters_not_replayed", error=type(error).__name__)

    async def _replay_next(self, assigned: Collection[TopicPartition]) -> bool:
        with suppress_instrumentation():
            async with self._database.sessions() as session:
                letter = (await session.execute(self._wanted(assigned))).first()
        if letter is None:
            return False
        try:
            await self._apply_anew(letter)
        except Exception as error:
            if is_transient(error):
                raise
            await self._note_failure(letter, error)
        return True

    async def _apply_anew(self, letter: Row[Any]) -> None:
        """One transaction: the inbox forgets that the event was set aside, and it is applied."""
        async with self._database.sessions() as session, session.begin():
            taken = await self._move(session, letter, Step.APPLIED)
            if not taken:
                return
            await session.execute(
                delete(arrived).where(
                    arrived.c.event_id == letter.event_id, arrived.c.outcome == inbox.DEAD
                )
            )
            await self._apply(session, record_of(letter))
        LOG.info("dead_letter_replayed", letter_id=str(letter.letter_id), topic=letter.topic)

    async def _note_failure(self, letter: Row[Any], error: Exception) -> None:
        poison = error if isinstance(error, PoisonError) else None
        reason = poison.reason if poison else "handler_failed"
        detail = poison.detail if poison else type(error).__name__
        async with self._database.sessions() as session, session.begin():
            await self._move(session, letter, Step.FAILED, reason=reason, detail=detail)
        LOG.error("dead_letter_failed_again", letter_id=str(letter.letter_id), reason=reason)

    async def _move(
        self, session: AsyncSession, letter: Row[Any], step: Step, **found: str
    ) -> bool:
        moved = await session.execute(
            update(dead_letters)
            .where(
                dead_letters.c.letter_id == letter.letter_id,
                dead_letters.c.state == State.REPLAYING,
            )
            .values(state=after(State.REPLAYING, step), replays=dead_letters.c.replays + 1, **found)
            .returning(dead_letters.c.letter_id)
        )
        return moved.first() is not None

    def _wanted(self, assigned: Collection[TopicPartition]) -> Select[Any]:
        place = tuple_(dead_letters.c.topic, dead_letters.c.partition)
        return (
            letters()
            .where(
                dead_letters.c.state == State.REPLAYING,
                dead_letters.c.consumer_group == self._group,
                place.in_([(tp.topic, tp.partition) for tp in assigned]),
            )
            .order_by(dead_letters.c.topic, dead_letters.c.partition, dead_letters.c.offset)
            .limit(1)
        )
