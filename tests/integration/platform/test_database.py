"""The connection pool outlives the server's restarts."""

import asyncio

import asyncpg
from sqlalchemy import text

from shared.db import Database
from shared.settings import KafkaSettings, PlatformSettings
from tests.support.databases import Databases
from tests.support.settings import settings_for


async def test_connections_that_the_server_closed_fail_nobody(
    postgres: Databases, kafka: KafkaSettings
) -> None:
    settings = settings_for(PlatformSettings, await postgres.empty(), kafka=kafka)
    database = Database(settings)

    async def ask() -> int:
        async with database.sessions() as session, session.begin():
            return int(await session.scalar(text("SELECT 1 FROM pg_sleep(0.05)")) or 0)

    assert await asyncio.gather(*(ask() for _ in range(8))) == [1] * 8
    connection = await asyncpg.connect(settings.asyncpg_dsn)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()
    await asyncio.sleep(0.2)
    assert await asyncio.gather(*(ask() for _ in range(8))) == [1] * 8
    await database.close()
