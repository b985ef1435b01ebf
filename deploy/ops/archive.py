"""Sending again from a service's outbox, which keeps everything it ever published."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.tables import outbox, outbox_queue

BATCH = 5_000


@dataclass(frozen=True)
class Wanted:
    """Which events: of a topic, and narrower if said."""

    topic: str
    since: datetime | None = None
    key: str | None = None

    def condition(self) -> ColumnElement[bool]:
        """Those of them that were published."""
        queued = exists().where(outbox_queue.c.outbox_id == outbox.c.id)
        chosen = (outbox.c.topic == self.topic) & ~queued
        if self.since is not None:
            chosen &= outbox.c.created_at >= self.since
        if self.key is not None:
            chosen &= outbox.c.key == self.key.encode()
        return chosen


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many there are."""
    async with session.begin():
        query = select(func.count()).select_from(outbox).where(wanted.condition())
        return await session.scalar(query) or 0


async def send_again(session: AsyncSession, wanted: Wanted) -> int:
    """Puts them back in the queue, oldest first, in batches that hold no lock for long; how many.
    The ids stay, so that whoever applied one applies it no second time."""
    async with session.begin():
        end = await session.scalar(select(func.max(outbox.c.id))) or 0
    queued, behind = 0, 0
    while True:
        async with session.begin():
            batch = (
                select(outbox.c.id)
                .where(wanted.condition(), outbox.c.id > behind, outbox.c.id <= end)
                .order_by(outbox.c.id)
                .limit(BATCH)
            )
            ids: list[Any] = list((await session.scalars(batch)).all())
            if not ids:
                return queued
            chosen = select(outbox.c.id, outbox.c.key_hash).where(outbox.c.id.in_(ids))
            await session.execute(
                insert(outbox_queue)
                .from_select(["outbox_id", "key_hash"], chosen)
                .on_conflict_do_nothing()
            )
        queued, behind = queued + len(ids), ids[-1]
