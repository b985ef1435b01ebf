"""The database session of a service, and what counts as "the database is not there"."""

import asyncio
from typing import Any

import asyncpg
from sqlalchemy import event, exc, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import QueuePool

from shared import metrics
from shared.jsontext import text_of
from shared.settings import PlatformSettings

CONNECT_SECONDS = 3
POOL_WAIT_SECONDS = 5
SERVER_SETTINGS = {
    "statement_timeout": "15000",
    "lock_timeout": "8000",
    "idle_in_transaction_session_timeout": "30000",
}

_SERVER_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    # No room for another connection, on the disk, or in memory.
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresIOError,
)
_TRY_AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
)


class Database:
    """One service's connection pool. `sessions()` gives a session; a command opens its
    transaction with `async with session.begin()`."""

    def __init__(self, settings: PlatformSettings) -> None:
        self.engine: AsyncEngine = create_async_engine(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            max_overflow=settings.database_pool_size,
            pool_timeout=POOL_WAIT_SECONDS,
            json_serializer=text_of,
            connect_args={
                # Of the address itself only the TLS parameters are left to take from it.
                "dsn": settings.asyncpg_dsn,
                "timeout": CONNECT_SECONDS,
                "server_settings": SERVER_SETTINGS
                | {"application_name": f"nopsa-{settings.service_name}"},
            },
        )
        event.listen(self.engine.sync_engine, "checkout", _leave_closed_connections)
        if isinstance(self.engine.pool, QueuePool):
            limit = 2 * settings.database_pool_size
            metrics.watch_pool(settings.service_name, self.engine.pool, limit)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    async def ping(self) -> None:
        """Raises when the database does not answer in time."""
        async with asyncio.timeout(CONNECT_SECONDS), self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Gives every connection back to the server."""
        await self.engine.dispose()


def _leave_closed_connections(connection: Any, *_: object) -> None:
    """Lets the pool begin anew when the server went away while a connection lay in it: without
    this the first requests after a restart of the server would fail, each on an old connection."""
    if connection.driver_connection.is_closed():
        raise exc.InvalidatePoolError("closed by the server")


def is_unavailable(error: BaseException) -> bool:
    """Whether the error says that a server (database, broker, network) cannot be reached now."""
    if isinstance(error, exc.DBAPIError):
        cause = _driver_error(error)
        return error.connection_invalidated or (cause is not None and is_unavailable(cause))
    return isinstance(error, (*_SERVER_GONE, exc.TimeoutError, OSError, TimeoutError))


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed when tried again, with nothing else changed."""
    if is_unavailable(error):
        return True
    cause = _driver_error(error) if isinstance(error, exc.DBAPIError) else error
    return isinstance(cause, _TRY_AGAIN)


def refusal_of(error: BaseException) -> dict[str, str]:
    """What of the schema refused a statement: names only, never the values PostgreSQL quotes."""
    cause = _driver_error(error) if isinstance(error, exc.DBAPIError) else error
    names = ("sqlstate", "table_name", "column_name", "constraint_name")
    found = {name: getattr(cause, name, None) for name in names}
    return {name: str(value) for name, value in found.items() if value}


def _driver_error(error: exc.DBAPIError) -> BaseException | None:
    """asyncpg's own error behind SQLAlchemy's two wrappers."""
    return error.orig.__cause__ if error.orig is not None else None
