"""What each record was told of a document, read and kept under the document's lock.

Whoever writes a document, and whatever changes what a client permits, first takes the lock of the
person (`lock_person`): so nothing is announced on a consent that is being taken back. After it
comes the document's row, whose lock alone decides between a reading and a withdrawal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.documents import rules
from services.consent.documents.events import DocumentEvents
from services.consent.documents.permission import permission
from services.consent.documents.rules import Action, State
from services.consent.persons.queries import refs_of
from services.consent.tables import Document, DocumentCopy, DocumentText
from shared import audit, outbox
from shared.auth import Caller
from shared.contracts.codes import Sector

PERSON_LOCK_CLASS = outbox.LOCK_CLASS + 3


@dataclass
class Work:
    """A locked document, what its records were told, and what is to be told of it."""

    document: Document
    copies: dict[Sector, DocumentCopy]
    events: DocumentEvents = field(init=False)

    def __post_init__(self) -> None:
        self.events = DocumentEvents(self.document)

    @property
    def stand(self) -> list[rules.Copy]:
        """The copies as the rules want them."""
        return [stand_of(copy) for copy in self.copies.values()]

    def act(self, action: Action, at: datetime) -> None:
        """Moves the document; nothing more is due once nothing is missing."""
        self.document.state = rules.after(State(self.document.state), action)
        self.document.changed_at = at
        if not rules.missing(self.stand):
            self.document.due_at = None

    def withdraw(self, record: Sector, at: datetime) -> None:
        """The record may read the document no more."""
        copy = self.copies[record]
        copy.withdrawn_at = at
        copy.permitted_until = None
        self.events.add_withdrawn(record, at, number=copy.announced, stored=copy.stored is not None)


async def lock_person(session: AsyncSession, client_ref: UUID) -> frozenset[UUID]:
    """All refs of the person, each locked until the transaction ends."""
    locked: frozenset[UUID] = frozenset()
    while not (refs := await refs_of(session, client_ref)) <= locked:
        for ref in sorted(refs - locked):
            key = outbox.key_hash(str(ref).encode())
            await session.execute(select(func.pg_advisory_xact_lock(PERSON_LOCK_CLASS, key)))
        locked |= refs
    return refs


async def locked(session: AsyncSession, document_id: UUID) -> Work | None:
    """The document under its lock, with its copies; None if there is none."""
    document = await session.get(
        Document, document_id, with_for_update=True, populate_existing=True
    )
    if document is None:
        return None
    return Work(document, dict(await copies_of(session, document_id)))


async def copies_of(session: AsyncSession, document_id: UUID) -> Mapping[Sector, DocumentCopy]:
    """What each record was told of a document."""
    rows = await session.scalars(
        select(DocumentCopy)
        .where(col(DocumentCopy.document_id) == document_id)
        .execution_options(populate_existing=True)
    )
    return {Sector(row.record): row for row in rows}


async def announce(
    session: AsyncSession, work: Work, caller: Caller, text: DocumentText, at: datetime
) -> None:
    """Tells the text to the record it was written in, and to the other one if it may have it; if
    not, an older text is withdrawn from there."""
    own = Sector(work.document.written_in)
    for record in (own, rules.OTHER[own]):
        granted = await permission(session, work.document, record, at)
        copy = work.copies.get(record)
        if granted.granted:
            copy = copy or _first_copy(session, work, record)
            copy.announced, copy.announced_at = text.number, at
            copy.permitted_until, copy.withdrawn_at = granted.until, None
            work.events.add_ready(record, text, at)
            await audit.record(session, told_to(record), entry("announce", work, granted.basis))
        elif copy is not None and copy.withdrawn_at is None:
            work.withdraw(record, at)
            await audit.record(session, caller, entry("withdraw", work, granted.basis))


def entry(verb: str, work: Work, basis: str | None = None) -> audit.Entry:
    """The audit log's word on a document."""
    document = work.document
    return audit.Entry(
        f"document.{verb}",
        "document",
        subject_id=document.id,
        client_ref=document.client_ref,
        purpose="care",
        basis=basis,
    )


def told_to(record: Sector) -> Caller:
    """Who the audit log names where this service told a record."""
    return Caller("nopsa-consent", "nopsa-consent", frozenset(), org=record)


def _first_copy(session: AsyncSession, work: Work, record: Sector) -> DocumentCopy:
    document = work.document
    copy = DocumentCopy(
        document_id=document.id,
        record=record,
        announced=document.texts,
        announced_at=document.changed_at,
    )
    session.add(copy)
    work.copies[record] = copy
    return copy


def stand_of(copy: DocumentCopy) -> rules.Copy:
    """A copy as the rules want it."""
    return rules.Copy(
        record=Sector(copy.record),
        announced=copy.announced,
        stored=copy.stored,
        record_id=copy.record_id,
        withdrawn=copy.withdrawn_at is not None,
    )
