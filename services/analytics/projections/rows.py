"""How an event changes its row, whatever has come before it: made if need be, each group of columns
filled only with what is newer, and what is told once kept as it is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, func
from sqlalchemy.dialects.postgresql import insert
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
) -> None:
    """Writes to the row of `key`.

    `newer` names, by the column that guards them, groups of columns that are filled when `version`
    is newer than what the guard says. `once` is filled where nothing is yet, `first` keeps the
    least.
    """
    once, first, newer = once or {}, first or {}, newer or {}
    values: dict[str, Any] = {**key, **once, **first}
    for guard, group in newer.items():
        values |= {**group, guard: version}
    upsert = insert(table).values(**values)
    told = upsert.excluded
    changes: dict[str, Any] = {
        name: func.coalesce(getattr(table, name), told[name]) for name in once
    }
    changes |= {name: func.least(getattr(table, name), told[name]) for name in first}
    for guard, group in newer.items():
        is_news = getattr(table, guard) < version
        changes |= {
            name: case((is_news, told[name]), else_=getattr(table, name))
            for name in (*group, guard)
        }
    await session.execute(
        upsert.on_conflict_do_update(
            index_elements=[getattr(table, name) for name in key], set_=changes
        )
    )


async def keep(session: AsyncSession, table: type[SQLModel], values: Values) -> None:
    """Adds a row that never changes, unless it is there."""
    await session.execute(insert(table).values(**values).on_conflict_do_nothing())
