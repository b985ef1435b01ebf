"""Many rows by one statement that is always the same, however many there are.

A statement with a place for each value of each row is another one for each number of rows: it is
put together, sent and planned anew. Here each column goes as one array.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import JSON, String, Text, TypeEngine
from sqlmodel import SQLModel

from shared.jsontext import text_of
from shared.statements import Prepared


class Insertion:
    """Inserts rows of some columns; what `finish` adds to the statement (a clause for clashes, what
    to return) is the caller's."""

    def __init__(
        self,
        table: Table | type[SQLModel],
        names: tuple[str, ...],
        finish: Callable[[Insert], Any] = lambda statement: statement,
    ) -> None:
        into: Table = table if isinstance(table, Table) else table.__table__  # type: ignore[attr-defined]
        types = {name: into.c[name].type for name in names}
        self._names = names
        self._as_text = frozenset(name for name in names if isinstance(types[name], JSON))
        self._run = Prepared(finish(_inserting(into, types)))

    async def __call__(
        self, session: AsyncSession, rows: Sequence[Mapping[str, Any]]
    ) -> Sequence[Any]:
        """Inserts the rows; None is SQL's NULL, also in JSON."""
        columns = {name: self._column(name, rows) for name in self._names}
        return await self._run(session, **columns)

    def _column(self, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        values = [row[name] for row in rows]
        if name not in self._as_text:
            return values
        return [None if value is None else text_of(value) for value in values]


async def insert_all(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Inserts the rows, if there are any; all have the same columns."""
    if rows:
        await _insertion(table, tuple(rows[0]))(session, rows)


@cache
def _insertion(table: Table, names: tuple[str, ...]) -> Insertion:
    return Insertion(table, names)


def _inserting(table: Table, types: Mapping[str, TypeEngine[Any]]) -> Insert:
    arrays = (bindparam(name, type_=ARRAY(_element(kind))) for name, kind in types.items())
    rows = (
        func.unnest(*arrays)
        .table_valued(*(column(name, kind) for name, kind in types.items()))
        .render_derived()
    )
    return insert(table).from_select(list(types), select(*rows.c), include_defaults=False)


def _element(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text of any length: what is too long for its column must be refused, and not cut."""
    return Text() if isinstance(kind, String) else kind
