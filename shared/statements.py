"""Statements that every request and event runs, put together once and run by the driver itself.

SQLAlchemy's own way to the driver takes two thirds of the time of a small statement. What is asked
for by hand, or seldom, goes that way; what a referral pays for goes this one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg as dialects
from sqlalchemy.ext.asyncio import AsyncSession

_DIALECT = dialects.dialect()  # type: ignore[no-untyped-call]


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
        if session.new or session.dirty or session.deleted:
            await session.flush()
        given = self._fixed | values
        arguments = tuple(given[name] for name in self._names)
        connection = await session.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        if driver.is_in_transaction():
            rows: Sequence[Any] = await driver.fetch(self.sql, *arguments)
            return rows
        # SQLAlchemy begins a transaction with its first statement.
        result = await connection.exec_driver_sql(self.sql, arguments)
        return result.all() if result.returns_rows else []
