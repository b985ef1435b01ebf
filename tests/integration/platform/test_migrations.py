"""The migrations of each service make exactly the tables that its code knows."""

import importlib
from typing import Any

import pytest
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from shared import tables
from tests.support.databases import Databases


def differences(connection: Connection, own: MetaData) -> list[Any]:
    metadata = [tables.metadata, own]
    options = {"compare_type": True, "target_metadata": metadata}
    context = MigrationContext.configure(connection, opts=options)
    upgrade = produce_migrations(context, metadata).upgrade_ops  # type: ignore[arg-type]
    return upgrade.as_diffs() if upgrade else []


@pytest.mark.parametrize("service", ["referral", "caseload", "consent", "analytics"])
async def test_the_migrations_and_the_code_agree(postgres: Databases, service: str) -> None:
    own = importlib.import_module(f"services.{service}.tables").Base.metadata
    engine = create_async_engine(await postgres.fresh(service))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences, own) == []
    await engine.dispose()
