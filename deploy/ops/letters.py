"""Looking through dead letters, and deciding of them. Each decision leaves an audit row."""

import getpass
import json
import socket
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Result, Row, Select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.auth import Caller
from shared.dead_letters import State, Step, decide, letters
from shared.redaction import mask, mask_value
from shared.tables import dead_letters

WAITING = (State.OPEN, State.REPLAYING)
SHOWN_CHARACTERS = 20_000


async def listed(
    session: AsyncSession, *, every: bool = False, topic: str | None = None
) -> Sequence[Row[Any]]:
    """The letters that wait, or every one, oldest first."""
    query: Select[Any] = letters().order_by(dead_letters.c.set_aside_at, dead_letters.c.letter_id)
    if not every:
        query = query.where(dead_letters.c.state.in_(WAITING))
    if topic is not None:
        query = query.where(dead_letters.c.topic == topic)
    rows: Result[Any] = await session.execute(query)
    return rows.all()


async def found(session: AsyncSession, letter_id: UUID) -> Row[Any] | None:
    """One letter."""
    query = letters().where(dead_letters.c.letter_id == letter_id)
    rows: Result[Any] = await session.execute(query)
    return rows.first()


async def settle(
    session: AsyncSession, letter_ids: Collection[UUID], step: Step, note: str | None
) -> list[UUID]:
    """Replays or drops the letters that this is still open to; which they were."""
    operator = operator_name()
    async with session.begin():
        moved = await decide(
            session, letter_ids, step, by=operator, note=None if note is None else mask(note)
        )
        caller = Caller(operator, operator, frozenset())
        entries = [
            audit.Entry(f"dead_letter.{step}", "dead_letter", row.letter_id, purpose="operations")
            for row in moved
        ]
        await audit.record(session, caller, *entries)
    return [row.letter_id for row in moved]


def operator_name() -> str:
    """Who decides, as far as the machine knows."""
    return f"operator:{getpass.getuser()}@{socket.gethostname()}"[:200]


def content(letter: Row[Any]) -> Mapping[str, Any]:
    """What came, for eyes: an event holds nothing identifying, but this may be no event, so that
    whatever looks identifying is masked."""
    text = letter.value.decode("utf-8", errors="replace")[:SHOWN_CHARACTERS]
    try:
        value = mask_value(json.loads(text))
    except ValueError:
        value = mask(text)
    headers = {name: mask(value) for name, value in letter.headers}
    return {"headers": headers, "key": mask(letter.key.decode(errors="replace")), "value": value}
