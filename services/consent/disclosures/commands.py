"""Keeping the log. `note` runs inside the consumer's transaction, `seal` in one of its own.

Both appends go by the head's row: whoever appends locks it until the commit, so that the chain has
one order, and no number is left out or used twice.
"""

from datetime import datetime
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.disclosures import rules
from services.consent.disclosures.rules import Mark
from services.consent.tables import Disclosure, DisclosureHead, DisclosureSeal
from shared import outbox
from shared.clock import utc_now
from shared.contracts.disclosure import Disclosed, LogSealed
from shared.messages import Received

LOG = structlog.get_logger(__name__)
LOG_ID = UUID("5b7f4c39-6f0e-5d4a-9a55-0a4f4f2f7c11")
"""The log as an aggregate: there is one."""


async def note(session: AsyncSession, event: Received) -> None:
    """Chains a disclosure to the log, once. A second time, also after the inbox forgot the first,
    nothing happens."""
    data = cast(Disclosed, event.data)
    head = await _head(session, lock=True)
    told = data.model_dump(exclude={"aggregate_id", "version"})
    row = {**told, "number": head.rows + 1, "id": data.aggregate_id, "noted_at": utc_now()}
    mark = Mark(head.rows + 1, rules.chained(head.hash, row))
    added = await session.scalar(
        insert(Disclosure)
        .values(**row, hash=mark.hash)
        .on_conflict_do_nothing(index_elements=[col(Disclosure.id)])
        .returning(col(Disclosure.number))
    )
    if added is not None:
        await session.execute(update(DisclosureHead).values(rows=mark.rows, hash=mark.hash))


async def seal(session: AsyncSession) -> Mark | None:
    """Tells the outside how far the log reaches now: by an event, a line of the process's own log
    and a row beside the log. None when nothing was added since the last time."""
    async with session.begin():
        head = await _head(session, lock=False)
        now = utc_now()
        if head.rows == 0 or not await _set_seal(session, head, now):
            return None
        sealed = LogSealed(
            aggregate_id=LOG_ID, version=head.rows, occurred_at=now, head=head.hash.hex()
        )
        await outbox.append(session, [outbox.message(sealed, key=LOG_ID)])
    LOG.info("disclosure_log_sealed", rows=head.rows, head=head.hash.hex())
    return head


async def _set_seal(session: AsyncSession, head: Mark, now: datetime) -> bool:
    """Sets the seal, unless there is one so far along already."""
    added = await session.scalar(
        insert(DisclosureSeal)
        .values(rows=head.rows, hash=head.hash, sealed_at=now)
        .on_conflict_do_nothing(index_elements=[col(DisclosureSeal.rows)])
        .returning(col(DisclosureSeal.rows))
    )
    return added is not None


async def _head(session: AsyncSession, *, lock: bool) -> Mark:
    wanted = select(col(DisclosureHead.rows), col(DisclosureHead.hash))
    rows, head = (await session.execute(wanted.with_for_update() if lock else wanted)).one()
    return Mark(rows, head)
