"""The projection beside the one that serves: the same tables in a schema of their own, with an
inbox of their own, until they take the others' place in one transaction.

What people put in (prices, costs, targets) comes from no event: it stays where it is.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import MetaData, Table, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.analytics.tables import Base, MobileTarget, Price, ServiceCost
from shared.inbox import APPLIED, DEAD
from shared.tables import inbox

SCHEMA = "analytics_next"
INPUTS = {table.__tablename__ for table in (Price, ServiceCost, MobileTarget)}
PROJECTED: Sequence[Table] = [
    table for table in Base.metadata.sorted_tables if table.name not in INPUTS
]
_LOCK_SECONDS = 5
_NEXT = inbox.to_metadata(MetaData(), schema=SCHEMA).alias("next")
_SERVED = inbox.alias("served")


async def make_empty(live: AsyncEngine, beside: AsyncEngine) -> None:
    """Begins clean: what an earlier try left goes, and every projected table is there, empty."""
    async with live.begin() as connection:
        await connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        await connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    async with beside.begin() as connection:
        await connection.run_sync(Base.metadata.create_all, tables=PROJECTED, checkfirst=False)
        await connection.run_sync(inbox.create, checkfirst=False)


async def set_aside(live: AsyncEngine) -> set[UUID]:
    """The events that the service could not apply: their way back is the replay of dead letters."""
    async with live.connect() as connection:
        dead = select(inbox.c.event_id).where(inbox.c.outcome == DEAD)
        return set((await connection.scalars(dead)).all())


async def missing(
    connection: AsyncConnection, topics: Collection[str], at_most: int
) -> Sequence[UUID]:
    """Events that the serving projection has and the other has not."""
    known = select(_NEXT.c.event_id).where(_NEXT.c.event_id == _SERVED.c.event_id)
    found = await connection.scalars(
        select(_SERVED.c.event_id)
        .where(_SERVED.c.outcome == APPLIED, _SERVED.c.topic.in_(topics), ~known.exists())
        .limit(at_most)
    )
    return found.all()


async def is_served(connection: AsyncConnection, event_id: UUID) -> bool:
    """Whether the serving projection has the event."""
    applied = select(inbox.c.event_id).where(
        inbox.c.event_id == event_id, inbox.c.outcome == APPLIED
    )
    return (await connection.scalar(applied)) is not None


async def measure(beside: AsyncEngine) -> None:
    """Lets the database plan well from the first question on."""
    async with beside.begin() as connection:
        for table in PROJECTED:
            await connection.execute(text(f'ANALYZE "{table.name}"'))


async def hold_events(connection: AsyncConnection) -> None:
    """From here to the end of the transaction the service applies no event: each begins with its
    inbox row. They wait on the log meanwhile."""
    await connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
    await connection.execute(text("LOCK TABLE inbox IN SHARE ROW EXCLUSIVE MODE"))


async def switch(connection: AsyncConnection) -> None:
    """The new tables take the old ones' place. A report that is being made keeps them both from
    it: raises at once then, instead of standing in the way of all that come after.

    The inbox learns what the new projection knows already and the service has not been given yet.
    """
    await _merge_inbox(connection)
    names = ", ".join(f'"{table.name}"' for table in PROJECTED)
    await connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT"))
    schema = (await connection.execute(text("SELECT current_schema()"))).scalar_one()
    await connection.execute(text(f"DROP TABLE {names}"))
    for table in PROJECTED:
        move = f'ALTER TABLE {SCHEMA}."{table.name}" SET SCHEMA "{schema}"'
        await connection.execute(text(move))
    await connection.execute(text(f"DROP SCHEMA {SCHEMA} CASCADE"))


async def _merge_inbox(connection: AsyncConnection) -> None:
    names = [column.name for column in inbox.c]
    is_served = select(_SERVED.c.event_id).where(
        _SERVED.c.event_id == _NEXT.c.event_id, _SERVED.c.outcome == APPLIED
    )
    news = select(*(_NEXT.c[name] for name in names)).where(~is_served.exists())
    merge = insert(inbox).from_select(names, news)
    await connection.execute(
        merge.on_conflict_do_update(
            index_elements=[inbox.c.event_id], set_={"outcome": merge.excluded.outcome}
        )
    )
