"""The migrations of each service make exactly the tables that its code knows, and keep what was in
them."""

import importlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

import services.consent
from shared import tables
from shared.migrations import config_of, upgrade
from shared.settings import DatabaseSettings
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


WRITE = """
    INSERT INTO outbox (event_id, topic, key, key_hash, value, headers)
    SELECT gen_random_uuid(), 'nopsa.referral.v1', 'key', n, 'value', '[]'
    FROM generate_series(1, $1) AS n
    RETURNING id
"""
WAITING = "SELECT outbox_id FROM outbox_queue ORDER BY outbox_id"
MARKED_AS_WAITING = "SELECT id FROM outbox WHERE published_at IS NULL ORDER BY id"


@dataclass(frozen=True)
class Upgraded:
    """A service's database that is brought from one revision to another."""

    settings: DatabaseSettings
    folder: Path
    connection: asyncpg.Connection

    async def write(self, count: int) -> list[int]:
        """Puts events into the outbox; their ids."""
        return [id for (id,) in await self.connection.fetch(WRITE, count)]

    async def ids(self, query: str) -> list[int]:
        """The ids that the query finds."""
        return [id for (id,) in await self.connection.fetch(query)]

    async def go_back(self, revision: str) -> None:
        """Undoes what came after this revision."""
        engine = create_async_engine(self.settings.database_url.get_secret_value())
        async with engine.begin() as connection:
            await connection.run_sync(
                lambda sync: command.downgrade(config_of(self.folder, sync), revision)
            )
        await engine.dispose()


@pytest.fixture
async def of_before(postgres: Databases) -> AsyncIterator[Upgraded]:
    """The consent service's, before its outbox had a queue."""
    settings = DatabaseSettings(database_url=SecretStr(await postgres.empty()))
    folder = Path(str(services.consent.__file__)).parent / "migrations"
    await upgrade(settings, folder, "0007")
    connection = await asyncpg.connect(settings.asyncpg_dsn)
    yield Upgraded(settings, folder, connection)
    await connection.close()


async def test_what_was_not_sent_yet_stands_in_the_queue_after_the_upgrade(
    of_before: Upgraded,
) -> None:
    sent, waiting = await of_before.write(3), await of_before.write(2)
    await of_before.connection.execute(
        "UPDATE outbox SET published_at = now() WHERE id = ANY($1)", sent
    )
    await upgrade(of_before.settings, of_before.folder)
    later = await of_before.write(2)
    assert await of_before.ids(WAITING) == waiting + later


async def test_a_relay_of_before_sends_what_comes_after_the_upgrade_too(
    of_before: Upgraded,
) -> None:
    waiting = await of_before.write(2)
    await upgrade(of_before.settings, of_before.folder)
    waiting += await of_before.write(2)
    assert await of_before.ids(MARKED_AS_WAITING) == waiting


async def test_what_was_not_sent_yet_is_sent_by_the_release_of_before_when_one_goes_back_to_it(
    of_before: Upgraded,
) -> None:
    sent, waiting = await of_before.write(2), await of_before.write(2)
    await upgrade(of_before.settings, of_before.folder)
    waiting += await of_before.write(2)
    await of_before.connection.execute("DELETE FROM outbox_queue WHERE outbox_id = ANY($1)", sent)
    await of_before.go_back("0007")
    assert await of_before.ids(MARKED_AS_WAITING) == waiting
