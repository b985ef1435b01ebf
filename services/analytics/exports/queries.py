"""An export: facts set apart, made coarse step by step, and read row by row.

All of it happens in the database, in one transaction that only reads; what is held here is a batch.
"""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column as TableColumn
from sqlalchemy import (
    ColumnElement,
    MetaData,
    Select,
    SmallInteger,
    String,
    case,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy import cast as as_type
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.exports.catalogue import TABLES, Column, Role, Table, TableName
from services.analytics.exports.rules import ALL, STEPS, Step
from services.analytics.exports.schemas import StepView, Summary
from shared import audit
from shared.auth import Caller

BATCH = 5_000
PSEUDONYM_DIGITS = 32
MOST_MINUTES = 10

Rows = Sequence[tuple[Any, ...]]


@dataclass
class Export:
    """An export that is ready to be read."""

    name: TableName
    table: Table
    summary: Summary
    session: AsyncSession
    rows: Select[Any]

    async def batches(self) -> AsyncIterator[Rows]:
        """The rows, by days and codes, as they come from the database's own cursor."""
        found = await self.session.stream(self.rows, execution_options={"yield_per": BATCH})
        async for batch in found.partitions():
            yield [tuple(row) for row in batch]


async def begin(session: AsyncSession, caller: Caller, name: TableName, k: int) -> Export:
    """Makes an export; it lives as long as the session. That it was asked for is on record before
    the first row leaves, and stays so when the reader breaks off."""
    async with session.begin():
        await audit.record(session, caller, audit.Entry(f"export.{name}", "export"))
    await session.begin()
    await session.execute(text(f"SET LOCAL statement_timeout = '{MOST_MINUTES}min'"))
    table = TABLES[name]
    apart = await _set_apart(session, table)
    for number, step in enumerate(STEPS):
        await _release(session, table, apart, number, step, k)
    summary = await _summary(session, name, apart, k)
    return Export(name, table, summary, session, _released(table, apart))


async def _set_apart(session: AsyncSession, table: Table) -> SqlTable:
    facts = table.rows()
    apart = SqlTable(
        "export_rows",
        MetaData(),
        *(TableColumn(each.name, each.type) for each in facts.selected_columns),
        TableColumn("step", SmallInteger),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    connection = await session.connection()
    await connection.run_sync(apart.create, checkfirst=False)
    names = [each.name for each in facts.selected_columns]
    await session.execute(apart.insert().from_select(names, facts))
    return apart


async def _release(
    session: AsyncSession, table: Table, apart: SqlTable, number: int, step: Step, k: int
) -> None:
    """Gives this step to the rows, of those without one, that k persons share."""
    alike = [_coarse(apart, column, step) for column in table.of_role(Role.DAY, Role.CODE)]
    shared = (
        select(*(each.label(f"part_{nth}") for nth, each in enumerate(alike)))
        .where(apart.c.step.is_(None))
        .group_by(*alike)
        .having(func.count(apart.c.person.distinct()) >= k)
        .subquery()
    )
    same = [each == shared.c[f"part_{nth}"] for nth, each in enumerate(alike)]
    await session.execute(update(apart).where(apart.c.step.is_(None), *same).values(step=number))


def _coarse(apart: SqlTable, column: Column, step: Step) -> ColumnElement[str]:
    """The column's value at a step; empty where there is none."""
    value = apart.c[column.name]
    if column.role is Role.DAY:
        return func.coalesce(func.to_char(value, text(f"'{step.day_format}'")), text("''"))
    if column.name in step.untold:
        return as_type(text(f"'{ALL}'"), String)
    return func.coalesce(as_type(value, String), text("''"))


def _released(table: Table, apart: SqlTable) -> Select[Any]:
    """The rows as they leave, in an order that tells nothing. The pseudonyms are hashes under a
    key that is nowhere kept."""
    known_by = {
        column.name: case(
            *((apart.c.step == number, _coarse(apart, column, step)) for number, step in _STEPS)
        )
        for column in table.of_role(Role.DAY, Role.CODE)
    }
    key = secrets.token_hex(32)
    secret = func.concat_ws(
        "|", literal(key), apart.c.person, apart.c.step, *known_by.values(), literal(key)
    )
    digest = func.encode(func.sha256(func.convert_to(secret, "UTF8")), "hex")
    shown: dict[str, Any] = {
        "client": func.left(digest, PSEUDONYM_DIGITS),
        "precision": apart.c.step,
        **{name: func.nullif(value, "") for name, value in known_by.items()},
        **{column.name: apart.c[column.name] for column in table.of_role(Role.ATTRIBUTE)},
    }
    columns = {column.name: shown[column.name].label(column.name) for column in table.columns}
    order = [columns[name] for name in (*known_by, "client")]
    return select(*columns.values()).where(apart.c.step.is_not(None)).order_by(*order)


_STEPS = list(enumerate(STEPS))


async def _summary(session: AsyncSession, name: TableName, apart: SqlTable, k: int) -> Summary:
    """What was done."""
    counted = select(apart.c.step, func.count()).group_by(apart.c.step)
    found = (await session.execute(counted)).all()
    rows: dict[int | None, int] = {row[0]: row[1] for row in found}
    return Summary(
        table=name,
        k=k,
        rows=sum(n for step, n in rows.items() if step is not None),
        left_out=rows.get(None, 0),
        steps=[
            StepView(precision=number, description=step.description, rows=rows.get(number, 0))
            for number, step in _STEPS
        ],
    )
