"""Looking documents up; every look is logged in the same transaction. A record system sees those
that it was told of, and no others."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.documents.permission import record_of
from services.consent.documents.rules import State
from services.consent.documents.schemas import (
    DocumentView,
    MediaType,
    Stored,
    StoredView,
    Told,
    ToldView,
)
from services.consent.persons.queries import refs_of
from services.consent.tables import Document, DocumentCopy, DocumentText
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import DocumentKind, Sector
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem

Copies = Mapping[Sector, DocumentCopy]


async def read_document(
    session: AsyncSession, caller: Caller, document_id: UUID
) -> tuple[DocumentView, int]:
    """One document, and its version. Raises `not_found`."""
    async with session.begin():
        found = await _views(session, caller, [col(Document.id) == document_id], limit=1)
        if not found:
            raise Problem(NOT_FOUND)
        document, shown = found[0]
        await audit.record(session, caller, _look(document))
    return shown, document.version


async def list_documents(
    session: AsyncSession,
    caller: Caller,
    *,
    state: State | None,
    client_ref: UUID | None,
    limit: int,
    cursor: str | None,
) -> Page[DocumentView]:
    """A page of documents, newest first; a client's under all their refs."""
    behind = decode_cursor(cursor)
    async with session.begin():
        conditions: list[ColumnElement[bool]] = []
        if state is not None:
            conditions.append(col(Document.state) == state)
        if client_ref is not None:
            conditions.append(col(Document.client_ref).in_(await refs_of(session, client_ref)))
        if behind is not None:
            conditions.append(col(Document.id) < behind)
        found = await _views(session, caller, conditions, limit=limit + 1)
        shown = found[:limit]
        await audit.record(session, caller, *(_look(document) for document, _ in shown))
    return page_of(found, limit, lambda pair: pair[0].id, lambda pair: pair[1])


async def due(session: AsyncSession, now: datetime, limit: int) -> Sequence[UUID]:
    """Documents that should have been confirmed by now and were not told to be overdue."""
    found = await session.scalars(
        select(col(Document.id))
        .where(col(Document.due_at) <= now, col(Document.overdue_at).is_(None))
        .order_by(col(Document.due_at), col(Document.id))
        .limit(limit)
    )
    return found.all()


async def outlived(session: AsyncSession, now: datetime, limit: int) -> Sequence[UUID]:
    """Clients of documents whose consent has ended by the clock."""
    found = await session.scalars(
        select(col(Document.client_ref))
        .join(DocumentCopy, col(DocumentCopy.document_id) == col(Document.id))
        .where(col(DocumentCopy.withdrawn_at).is_(None), col(DocumentCopy.permitted_until) <= now)
        .distinct()
        .limit(limit)
    )
    return found.all()


async def counts(session: AsyncSession) -> Mapping[str, int]:
    """How many documents are in each state that somebody must see, and how many are overdue."""
    watched = (State.HALF_STORED, State.CONFLICT)
    rows = await session.execute(
        select(col(Document.state), func.count())
        .where(col(Document.state).in_(watched))
        .group_by(col(Document.state))
    )
    found: dict[str, int] = dict.fromkeys(watched, 0)
    found |= {row.state: row[1] for row in rows}
    late = select(func.count()).where(
        col(Document.due_at).is_not(None), col(Document.overdue_at).is_not(None)
    )
    return found | {"overdue": await session.scalar(late) or 0}


def view(document: Document, text: DocumentText, copies: Copies) -> DocumentView:
    """The document as its readers see it."""
    stored = {record: _stored(copies.get(record)) for record in Sector}
    told = {record: _told(copies.get(record)) for record in Sector}
    return DocumentView(
        id=document.id,
        client_ref=document.client_ref,
        kind=DocumentKind(document.kind),
        written_in=Sector(document.written_in),
        version=text.number,
        media_type=MediaType(text.media_type),
        sha256=text.sha256,
        state=State(document.state),
        stored=Stored(social=stored[Sector.SOCIAL], health=stored[Sector.HEALTH]),
        told=Told(social=told[Sector.SOCIAL], health=told[Sector.HEALTH]),
        created_at=document.created_at,
        changed_at=document.changed_at,
        due_at=document.due_at,
        overdue_at=document.overdue_at,
    )


async def _views(
    session: AsyncSession, caller: Caller, conditions: list[ColumnElement[bool]], *, limit: int
) -> list[tuple[Document, DocumentView]]:
    last = and_(
        col(DocumentText.document_id) == col(Document.id),
        col(DocumentText.number) == col(Document.texts),
    )
    rows = await session.execute(
        select(Document, DocumentText)
        .join(DocumentText, last)
        .where(*conditions, *_within_sight(caller))
        .order_by(col(Document.id).desc())
        .limit(limit)
    )
    found = rows.all()
    copies = await _copies(session, [document.id for document, _ in found])
    return [(one, view(one, text, copies.get(one.id, {}))) for one, text in found]


def _within_sight(caller: Caller) -> list[ColumnElement[bool]]:
    record = record_of(caller.org)
    if record is None:
        return []
    told = select(col(DocumentCopy.document_id)).where(col(DocumentCopy.record) == record)
    return [col(Document.id).in_(told)]


async def _copies(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Copies]:
    rows = await session.scalars(select(DocumentCopy).where(col(DocumentCopy.document_id).in_(ids)))
    found: dict[UUID, dict[Sector, DocumentCopy]] = {}
    for row in rows:
        found.setdefault(row.document_id, {})[Sector(row.record)] = row
    return dict(found)


def _look(document: Document) -> audit.Entry:
    return audit.Entry(
        "document.look", "document", subject_id=document.id, client_ref=document.client_ref
    )


def _stored(copy: DocumentCopy | None) -> StoredView | None:
    if copy is None or copy.stored is None or copy.record_id is None or copy.stored_at is None:
        return None
    return StoredView(record_id=copy.record_id, version=copy.stored, stored_at=copy.stored_at)


def _told(copy: DocumentCopy | None) -> ToldView | None:
    if copy is None:
        return None
    return ToldView(
        version=copy.announced,
        at=copy.announced_at,
        read=copy.read == copy.announced,
        withdrawn_at=copy.withdrawn_at,
    )
