"""The migrations make exactly the tables that the code knows."""

from typing import Any

from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from services.caseload.tables import Base
from shared import tables
from tests.support.databases import Databases


def _differences(connection: Connection) -> list[Any]:
    metadata = [tables.metadata, Base.metadata]
    options = {"compare_type": True, "target_metadata": metadata}
    context = MigrationContext.configure(connection, opts=options)
    upgrade = produce_migrations(context, metadata).upgrade_ops  # type: ignore[arg-type]
    return upgrade.as_diffs() if upgrade else []


async def test_the_migrations_and_the_code_agree(postgres: Databases) -> None:
    engine = create_async_engine(await postgres.fresh("caseload"))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()
