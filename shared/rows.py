"""Many rows by one statement that is always the same, however many there are.

A statement with a place for each value of each row is another one for each number of rows: it is
put together, sent and planned anew. Here each column goes as one array.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import JSON, TypeEngine
from sqlmodel import SQLModel


async def insert_all(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Inserts the rows, if there are any; all have the same columns."""
    if rows:
        names = tuple(rows[0])
        await session.execute(inserting(table, names), by_column(rows, names))


@cache
def inserting(table: Table | type[SQLModel], names: tuple[str, ...]) -> Insert:
    """The statement that inserts rows of these columns, in their order; its parameters are what
    `by_column` makes of them. None is SQL's NULL, also in JSON."""
    into: Table = table if isinstance(table, Table) else table.__table__  # type: ignore[attr-defined]
    types = {name: _element(into.c[name].type) for name in names}
    rows = (
        func.unnest(
            *(bindparam(name, type_=ARRAY(kind, dimensions=1)) for name, kind in types.items())
        )
        .table_valued(*(column(name, kind) for name, kind in types.items()))
        .render_derived()
    )
    return insert(into).from_select(list(names), select(*rows.c), include_defaults=False)


def by_column(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    """The values of each column, in the order of the rows."""
    return {name: [row[name] for row in rows] for name in names}


def _element(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, JSONB):
        return JSONB(none_as_null=True)
    if isinstance(kind, JSON):
        return JSON(none_as_null=True)
    return kind
