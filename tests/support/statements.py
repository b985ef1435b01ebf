"""What a service in this process asks its database, statement by statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import asyncpg
from sqlalchemy import Engine, event


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collects the statements without their values, one word of whitespace between all others."""
    found: list[str] = []
    straight = asyncpg.Connection.fetch

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        found.append(" ".join(statement.split()))

    async def fetch(driver: asyncpg.Connection, sql: str, *values: Any) -> list[asyncpg.Record]:
        note(None, None, sql)
        return await straight(driver, sql, *values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with patch.object(asyncpg.Connection, "fetch", fetch):
            yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
