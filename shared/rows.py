"""Many rows by one statement that is always the same, however many there are.

A statement with a place for each value of each row is another one for each number of rows: it is
put together, sent and planned anew. Here each column goes as one array.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Executable,
    Table,
    TableValuedAlias,
    bindparam,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import JSON, String, Text, TypeEngine
from sqlmodel import SQLModel

from shared.jsontext import text_of
from shared.statements import Prepared


class _OfRows:
    """A statement that takes each of some columns of its rows as an array."""

    def __init__(self, types: Mapping[str, TypeEngine[Any]], statement: Executable) -> None:
        self._names = tuple(types)
        self._as_text = frozenset(name for name, kind in types.items() if isinstance(kind, JSON))
        self._run = Prepared(statement)

    async def __call__(
        self, session: AsyncSession, rows: Sequence[Mapping[str, Any]]
    ) -> Sequence[Any]:
        """Runs it for the rows; None is SQL's NULL, also in JSON."""
        columns = {name: self._column(name, rows) for name in self._names}
        return await self._run(session, **columns)

    def _column(self, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        values = [row[name] for row in rows]
        if name not in self._as_text:
            return values
        return [None if value is None else text_of(value) for value in values]


class Insertion(_OfRows):
    """Inserts rows of some columns; what `finish` adds to the statement (a clause for clashes, what
    to return) is the caller's."""

    def __init__(
        self,
        table: Table | type[SQLModel],
        names: tuple[str, ...],
        finish: Callable[[Insert], Any] = lambda statement: statement,
    ) -> None:
        into = _table(table)
        types = _types(into, names)
        rows = _unnested(types)
        inserted = insert(into).from_select(list(types), select(*rows.c), include_defaults=False)
        super().__init__(types, finish(inserted))


class Change(_OfRows):
    """Changes some columns of the rows with these keys; a row that is not there is none."""

    def __init__(self, table: Table | type[SQLModel], key: str, names: tuple[str, ...]) -> None:
        of = _table(table)
        types = _types(of, (key, *names))
        rows = _unnested(types)
        changed = update(of).where(of.c[key] == rows.c[key])
        super().__init__(types, changed.values({name: rows.c[name] for name in names}))


async def insert_row(session: AsyncSession, row: SQLModel) -> None:
    """Inserts a row that the session does not know then."""
    await insert_all(session, type(row), [row.model_dump()])


async def insert_all(
    session: AsyncSession, table: Table | type[SQLModel], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Inserts the rows, if there are any; all have the same columns."""
    if rows:
        await _insertion(table, tuple(rows[0]))(session, rows)


@cache
def _insertion(table: Table | type[SQLModel], names: tuple[str, ...]) -> Insertion:
    return Insertion(table, names)


def _table(table: Table | type[SQLModel]) -> Table:
    return table if isinstance(table, Table) else table.__table__  # type: ignore[attr-defined]


def _types(table: Table, names: tuple[str, ...]) -> dict[str, TypeEngine[Any]]:
    return {name: table.c[name].type for name in names}


def _unnested(types: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    arrays = (bindparam(name, type_=ARRAY(_element(kind))) for name, kind in types.items())
    return (
        func.unnest(*arrays)
        .table_valued(*(column(name, kind) for name, kind in types.items()))
        .render_derived()
    )


def _element(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text of any length: what is too long for its column must be refused, and not cut."""
    return Text() if isinstance(kind, String) else kind
