"""Migrations run while the service works: nobody waits long behind them, and indexes are made
beside the writers. With migrations of the tests' own."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from shared import migrations
from shared.settings import DatabaseSettings
from tests.support.databases import Databases

pytestmark = pytest.mark.ops
ENV = "from shared.migrations import run_env\n\nrun_env()\n"
HEAD = "from alembic import op\n\nrevision = {0!r}\ndown_revision = {1!r}\n\n\ndef upgrade():\n"
STEPS = {
    "0001": '    op.execute("CREATE TABLE things (id INT, name TEXT)")\n',
    "0002": (
        "    with op.get_context().autocommit_block():\n"
        '        op.execute("CREATE INDEX CONCURRENTLY things_name ON things (name)")\n'
    ),
    "0003": '    op.execute("ALTER TABLE things ADD COLUMN colour TEXT")\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service's migrations."""
    (tmp_path / "env.py").write_text(ENV)
    versions = tmp_path / "versions"
    versions.mkdir()
    before = None
    for revision, body in STEPS.items():
        (versions / f"{revision}.py").write_text(HEAD.format(revision, before) + body)
        before = revision
    return tmp_path


@pytest.fixture
async def settings(postgres: Databases) -> DatabaseSettings:
    """An empty database."""
    return DatabaseSettings(database_url=SecretStr(await postgres.empty()))


async def test_processes_that_start_at_once_migrate_once_also_with_an_index_made_on_the_side(
    settings: DatabaseSettings, folder: Path
) -> None:
    async with asyncio.timeout(60):
        await asyncio.gather(*(migrations.upgrade(settings, folder) for _ in range(3)))
    connection = await asyncpg.connect(settings.asyncpg_dsn)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0003"
    assert await connection.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_name'::regclass"
    )
    await connection.close()


async def test_a_migration_that_cannot_have_its_lock_gives_up_soon_and_goes_on_the_next_time(
    settings: DatabaseSettings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrations.upgrade(settings, folder, "0002")
    monkeypatch.setitem(migrations.SERVER_SETTINGS, "lock_timeout", "100ms")
    reader = await asyncpg.connect(settings.asyncpg_dsn)
    async with reader.transaction():
        await reader.fetch("SELECT * FROM things")
        with pytest.raises(DBAPIError, match="lock timeout"):
            await migrations.upgrade(settings, folder)
    await migrations.upgrade(settings, folder)
    await reader.execute("INSERT INTO things VALUES (1, 'cup', 'green')")
    await reader.close()


def test_a_revision_can_be_read_as_sql_before_it_is_run(folder: Path) -> None:
    text = migrations.sql_of(folder, "0002")
    assert "SET lock_timeout = '5s';" in text
    assert "CREATE INDEX CONCURRENTLY things_name" in text
    assert "CREATE TABLE things" not in text
