"""Statements that every request and event runs, put together once and run by the driver itself.

SQLAlchemy's own way to the driver takes two thirds of the time of a small statement, and a row of
its ORM several times that. What is asked for by hand, or seldom, goes that way; what a referral
pays for goes this one.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg as dialects
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

_DIALECT = dialects.dialect()  # type: ignore[no-untyped-call]
_DRIVER = "driver"
"""Where a session keeps its driver's connection, beside the transaction that it is good for."""

Row = TypeVar("Row", bound=SQLModel)


class Prepared:
    """A statement with its parameters by name, as the driver takes them: JSON is text. A tuple for
    each row comes back, none from a statement without a result."""

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        self.sql: str = compiled.string
        self._names: Sequence[str] = compiled.positiontup or ()
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    async def __call__(self, session: AsyncSession, **values: Any) -> Sequence[Any]:
        """Runs it in the session's transaction, after what the session has still to write.

        Raises the driver's errors.
        """
        given = self._fixed | values
        arguments = tuple(given[name] for name in self._names)
        kept = session.sync_session
        if kept.new or kept.dirty or kept.deleted:
            await session.flush()
        driver = await _driver_of(session)
        if driver is not None:
            rows: Sequence[Any] = await driver.fetch(self.sql, *arguments)
            return rows
        # SQLAlchemy begins a transaction with its first statement.
        connection = await session.connection()
        result = await connection.exec_driver_sql(self.sql, arguments)
        return result.all() if result.returns_rows else []


class Reading(Generic[Row]):
    """A query for whole rows of one table. They come as objects that no session knows: to be read,
    since nobody writes a change of them."""

    def __init__(self, model: type[Row], query: Executable) -> None:
        self._model = model
        self._columns = tuple(model.__table__.c.keys())  # type: ignore[attr-defined]
        self._rows = Prepared(query)

    async def __call__(self, session: AsyncSession, **values: Any) -> list[Row]:
        """The rows. Raises the driver's errors."""
        rows = await self._rows(session, **values)
        return [self._model(**dict(zip(self._columns, row, strict=True))) for row in rows]


async def _driver_of(session: AsyncSession) -> Any:
    """The driver's connection, once the session's transaction has begun on it; None before."""
    transaction = session.sync_session.get_transaction()
    known = session.info.get(_DRIVER)
    if known is not None and known[0] is transaction:
        return known[1]
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        return None
    session.info[_DRIVER] = (session.sync_session.get_transaction(), driver)
    return driver
