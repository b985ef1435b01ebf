"""Rebuilding: every event applied again beside the serving projection, then the two switched.

The old projection serves until the last moment, and learns what happens meanwhile. The new one
takes its place only when it has every event that the old one has, in a moment in which no event is
applied. Whatever fails before leaves the old one as it is, and the next try begins clean.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import ConsumerRecord
from asyncpg import LockNotAvailableError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)

from services.analytics.rebuild import beside
from services.analytics.rebuild.sources import Batch, Source
from shared import inbox
from shared.consumer import Handlers
from shared.contracts import topic_of
from shared.db import is_transient
from shared.messages import PoisonError, identity_of, parse

ENOUGH_CAUGHT_UP = 200
"""So few events may be missing when the others are made to wait."""
CATCH_UP_AT_ONCE = 20_000
SWITCH_TRIES = 600
SWITCH_PAUSE_SECONDS = 0.1

Progress = Callable[[int], None]


class RebuildFailed(Exception):
    """The old projection serves on; the text says why, and what to do."""


@dataclass
class Outcome:
    """What was done: events applied, and those that the service had set aside or will."""

    applied: int = 0
    left_out: set[UUID] = field(default_factory=set)


class Rebuild:
    """One rebuild. `live` is the service's database as it is, `new` the same one with nothing
    but the new schema in its search path."""

    def __init__(
        self, live: AsyncEngine, new: AsyncEngine, handlers: Handlers, progress: Progress
    ) -> None:
        self._live = live
        self._new = new
        self._sessions = async_sessionmaker(new, expire_on_commit=False)
        self._handlers = handlers
        self._progress = progress
        self._topics = {topic_of(data_class) for data_class in handlers}
        self._dead: set[UUID] = set()
        self.outcome = Outcome()

    async def run(self, source: Source) -> Outcome:
        """Raises `RebuildFailed`, or what the databases and the broker raise."""
        await beside.make_empty(self._live, self._new)
        self._dead = await beside.set_aside(self._live)
        async for batch in source.everything():
            await self._apply(batch)
        while len(gone := await self._missing()) > ENOUGH_CAUGHT_UP:
            await self._fetch(source, gone)
        await beside.measure(self._new)
        for _ in range(SWITCH_TRIES):
            if await self._switched(source):
                return self.outcome
            await asyncio.sleep(SWITCH_PAUSE_SECONDS)
        raise RebuildFailed("The tables were never free for a moment; try again at a quieter time.")

    async def _switched(self, source: Source) -> bool:
        """Catches up while events wait, and switches; False if a report was in the way."""
        try:
            async with self._live.begin() as connection:
                await beside.hold_events(connection)
                if gone := await self._missing(connection):
                    await self._fetch(source, gone)
                await beside.switch(connection)
        except DBAPIError as error:
            if error.orig is None or not isinstance(error.orig.__cause__, LockNotAvailableError):
                raise
            return False
        return True

    async def _missing(self, connection: AsyncConnection | None = None) -> Collection[UUID]:
        if connection is not None:
            return await beside.missing(connection, self._topics, CATCH_UP_AT_ONCE)
        async with self._live.connect() as own:
            return await beside.missing(own, self._topics, CATCH_UP_AT_ONCE)

    async def _fetch(self, source: Source, wanted: Collection[UUID]) -> None:
        """Applies what the serving projection has beyond `everything`."""
        waiting = set(wanted)
        async for batch in source.these(waiting):
            await self._apply(batch, required=waiting)
            waiting -= {identity_of(record) for record in batch}
        if waiting:
            raise RebuildFailed(
                f"{len(waiting)} events that the reports know are not there to be read again. Of "
                "what the topics no longer hold, the outboxes have all: use --from archive, with "
                "the address of every service that writes events."
            )

    async def _apply(self, batch: Batch, required: Collection[UUID] = ()) -> None:
        wanted = [record for record in batch if identity_of(record) not in self._dead]
        try:
            await self._apply_together(wanted, required)
        except Exception as error:
            if is_transient(error):
                raise
            for record in wanted:
                await self._apply_alone(record, required)
        self.outcome.applied += len(wanted)
        self._progress(len(batch))

    async def _apply_together(self, records: Batch, required: Collection[UUID]) -> None:
        async with self._sessions() as session, session.begin():
            for record in records:
                await self._apply_in(session, record, required)

    async def _apply_alone(self, record: ConsumerRecord, required: Collection[UUID]) -> None:
        """What cannot be applied is left out, if the service has not applied it either: it will
        set it aside as well."""
        event_id = identity_of(record)
        try:
            await self._apply_together([record], required)
        except Exception as error:
            if is_transient(error):
                raise
            if event_id in required or await self._serves(event_id):
                kind = error.reason if isinstance(error, PoisonError) else type(error).__name__
                said = f"Event {event_id} was applied once and cannot be now: {kind}."
                raise RebuildFailed(said) from error
            self.outcome.left_out.add(event_id)

    async def _serves(self, event_id: UUID) -> bool:
        async with self._live.connect() as connection:
            return await beside.is_served(connection, event_id)

    async def _apply_in(
        self, session: AsyncSession, record: ConsumerRecord, required: Collection[UUID]
    ) -> None:
        """As the consumer does. An event that nothing is learnt of any more is noted where it is
        required, so that it is not missed for ever."""
        event = parse(record)
        handler = self._handlers.get(type(event.data)) if event else None
        event_id = identity_of(record)
        if handler is None and event_id not in required:
            return
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        is_new = await inbox.first_time(session, event_id, **place)
        if is_new and event is not None and handler is not None:
            await handler(session, event)
