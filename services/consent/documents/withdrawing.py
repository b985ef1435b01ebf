"""A client's word changed: what the other record may have no more is withdrawn from it.

Runs in the transaction that changes the word (a consent taken back, a denial, another person's word
that came by a link), so that both are known together; what a clock ends, the sweep finds.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.documents import copies
from services.consent.documents.permission import permission
from services.consent.documents.rules import OTHER, Action
from services.consent.tables import Document, DocumentCopy
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import Sector
from shared.outbox import Message


async def withdraw_denied(
    session: AsyncSession, caller: Caller, client_ref: UUID, now: datetime | None = None
) -> list[Message]:
    """Withdraws every document of the person that the other record may have no more, by what is
    written in this transaction. The events, for the caller to append as the last it does."""
    refs = await copies.lock_person(session, client_ref)
    messages: list[Message] = []
    for document_id in await _told_to_others(session, refs):
        messages += await _reconsider(session, caller, document_id, now or utc_now())
    await session.flush()
    return messages


async def _told_to_others(session: AsyncSession, refs: frozenset[UUID]) -> list[UUID]:
    found = await session.scalars(
        select(col(Document.id))
        .join(DocumentCopy, col(DocumentCopy.document_id) == col(Document.id))
        .where(
            col(Document.client_ref).in_(refs),
            col(DocumentCopy.record) != col(Document.written_in),
            col(DocumentCopy.withdrawn_at).is_(None),
        )
        .order_by(col(Document.id))
    )
    return list(found)


async def _reconsider(
    session: AsyncSession, caller: Caller, document_id: UUID, now: datetime
) -> list[Message]:
    work = await copies.locked(session, document_id)
    record = OTHER[Sector(work.document.written_in)] if work else None
    if work is None or record is None or work.copies[record].withdrawn_at is not None:
        return []
    granted = await permission(session, work.document, record, now)
    if granted.granted:
        work.copies[record].permitted_until = granted.until
        return []
    work.withdraw(record, now)
    work.act(Action.WITHDRAW, now)
    await audit.record(session, caller, copies.entry("withdraw", work, granted.basis))
    return work.events.messages
