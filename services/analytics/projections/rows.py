"""How an event changes its row, whatever has come before it: made if need be, each group of columns
filled only with what is newer, and what is told once kept as it is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

Values = Mapping[str, Any]


async def fill(
    session: AsyncSession,
    table: type[SQLModel],
    key: Values,
    *,
    once: Values | None = None,
    first: Values | None = None,
    newer: Mapping[str, Values] | None = None,
    version: int = 0,
    beside: Select[Any] | None = None,
    only: ColumnElement[bool] | None = None,
) -> bool:
    """Writes to the row of `key`.

    `newer` names, by the column that guards them, groups of columns that are filled when `version`
    is newer than what the guard says. `once` is filled where nothing is yet, `first` keeps the
    least. Values may be columns of a row `beside`, that a query without columns finds; where it is
    not there, nothing is written: False. Nor is a row changed for which `only` does not hold.
    """
    once, first, newer = once or {}, first or {}, newer or {}
    values: dict[str, Any] = {**key, **once, **first}
    for guard, group in newer.items():
        values |= {**group, guard: version}
    upsert = _insert(table, values, beside)
    told = upsert.excluded
    known = {name: getattr(table, name) for name in values}
    changes: dict[str, Any] = {name: func.coalesce(known[name], told[name]) for name in once}
    changes |= {name: func.least(known[name], told[name]) for name in first}
    for guard, group in newer.items():
        is_news = known[guard] < version
        changes |= {
            name: case((is_news, told[name]), else_=known[name]) for name in (*group, guard)
        }
    index = [known[name] for name in key]
    written = upsert.on_conflict_do_update(index_elements=index, set_=changes, where=only)
    return (await session.execute(written.returning(literal(True)))).first() is not None


def _insert(table: type[SQLModel], values: Values, beside: Select[Any] | None) -> Insert:
    if beside is None:
        return insert(table).values(**values)
    columns = table.__table__.c  # type: ignore[attr-defined]
    told = (
        value if isinstance(value, ColumnElement) else literal(value, columns[name].type)
        for name, value in values.items()
    )
    return insert(table).from_select(list(values), beside.add_columns(*told))


async def keep(session: AsyncSession, table: type[SQLModel], values: Values) -> None:
    """Adds a row that never changes, unless it is there."""
    await session.execute(insert(table).values(**values).on_conflict_do_nothing())
