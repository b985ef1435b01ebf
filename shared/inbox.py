"""The inbox: each event is applied once, whatever the broker repeats.

The row is written in the same transaction as what the event changes; a second delivery finds it.
"""

from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.statements import Prepared
from shared.tables import inbox

APPLIED = "applied"
DEAD = "dead"

_COLUMNS = ("event_id", "topic", "partition", "offset", "outcome")
_NOTE = Prepared(
    insert(inbox)
    .values({name: bindparam(name) for name in _COLUMNS})
    .on_conflict_do_nothing()
    .returning(inbox.c.event_id)
)


async def first_time(
    session: AsyncSession,
    event_id: UUID,
    *,
    topic: str,
    partition: int,
    offset: int,
    outcome: str = APPLIED,
) -> bool:
    """Notes the event as handled; False if it was handled before (then change nothing).

    Waits for another transaction that is handling the same event just now.
    """
    noted = await _NOTE(
        session,
        event_id=event_id,
        topic=topic,
        partition=partition,
        offset=offset,
        outcome=outcome,
    )
    return bool(noted)
