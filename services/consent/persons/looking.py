"""Looking up what is kept of a client's word; every look is logged in the open transaction."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.persons.queries import refs_of
from services.consent.tables import Consent, Denial, Refusal
from shared import audit
from shared.auth import Caller
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem

Word = TypeVar("Word", Consent, Denial, Refusal)
View = TypeVar("View")


async def look(
    session: AsyncSession, caller: Caller, table: type[Word], thing: str, word_id: UUID
) -> Word:
    """One of the table, which the audit log calls `thing`. Raises `not_found`."""
    word = await session.get(table, word_id)
    if word is None:
        raise Problem(NOT_FOUND)
    entry = audit.Entry(f"{thing}.read", thing, subject_id=word.id, client_ref=word.client_ref)
    await audit.record(session, caller, entry)
    return word


async def look_through(
    session: AsyncSession,
    caller: Caller,
    table: type[Word],
    thing: str,
    client_ref: UUID,
    view: Callable[[Word], View],
    *,
    limit: int,
    cursor: str | None,
) -> Page[View]:
    """A page of what a client said, newest first, under all their refs. Raises the problem of a
    cursor that is none."""
    behind = decode_cursor(cursor)
    refs = await refs_of(session, client_ref)
    conditions: list[ColumnElement[bool]] = [col(table.client_ref).in_(refs)]
    if behind is not None:
        conditions.append(col(table.id) < behind)
    rows = await session.scalars(
        select(table).where(*conditions).order_by(col(table.id).desc()).limit(limit + 1)
    )
    looks = [audit.Entry(f"{thing}.list", "client", client_ref=ref) for ref in sorted(refs)]
    await audit.record(session, caller, *looks)
    return page_of(rows.all(), limit, lambda row: row.id, view)
