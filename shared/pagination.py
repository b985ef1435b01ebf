"""Keyset pages over time-ordered ids: stable while rows are added, cheap at any depth."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from shared.problems import INVALID_CURSOR, Problem

Item = TypeVar("Item")
Row = TypeVar("Row")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_NUMBER = 2**31 - 1

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="items on a page")]
CursorText = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next` is null on the last one."""

    items: list[Item]
    next: str | None = None


def encode_cursor(last: UUID) -> str:
    """An opaque cursor behind the item with this id."""
    return base64.urlsafe_b64encode(last.bytes).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> UUID | None:
    """The id a cursor points behind. Raises the problem `invalid_cursor`."""
    if cursor is None:
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error):
        raise Problem(INVALID_CURSOR) from None


def decode_number(cursor: str | None) -> int:
    """The number a cursor points behind, of pages whose keys are `UUID(int=number)`; 0 without one.
    Raises the problem `invalid_cursor`."""
    behind = decode_cursor(cursor)
    if behind is None:
        return 0
    if behind.int > MAX_NUMBER:
        raise Problem(INVALID_CURSOR)
    return behind.int


def page_of(
    rows: Sequence[Row], limit: int, key: Callable[[Row], UUID], view: Callable[[Row], Item]
) -> Page[Item]:
    """A page of rows that were fetched with one more than `limit`, in the order of their ids."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(
        items=[view(row) for row in shown],
        next=encode_cursor(key(shown[-1])) if more else None,
    )
