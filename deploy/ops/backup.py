"""Copies of the services' databases, each as of one moment, and how they are brought back.

The manifest says of every table how many rows it had and a checksum of them all, taken in the very
snapshot that was dumped; a restore is compared with it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.files import write_private
from deploy.ops.postgres_tools import ToolFailed, run
from deploy.ops.system import Service

MANIFEST = "manifest.json"
FINISH = "60min"

_TABLES = """
    SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1
"""
_CONTENT = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {table} AS t"
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'nopsa-%'
"""
Content = Mapping[str, list[Any]]
"""Rows and checksum, by table."""


class NotRestored(RuntimeError):
    """A database was not brought back, or not as it was; the message says why."""


async def back_up(services: Mapping[str, Service], folder: Path) -> Mapping[str, Content]:
    """Dumps each database into the folder and writes the manifest; what each held."""
    _make_private(folder)
    taken: dict[str, Any] = {}
    for name, service in services.items():
        taken[name] = await _dump(service, folder / f"{name}.dump")
    document = {"taken_at": datetime.now(UTC).isoformat(), "services": taken}
    write_private(folder / MANIFEST, json.dumps(document, indent=2))
    return {name: facts["tables"] for name, facts in taken.items()}


async def restore(service: Service, folder: Path) -> Content:
    """Replaces the database by its dump, and compares; what it holds then.

    Raises `NotRestored` when the dump is damaged, somebody is still connected, or the outcome
    differs.
    """
    wanted = _wanted(service, folder)
    dump = folder / f"{service.name}.dump"
    if _checksum(dump) != wanted["sha256"]:
        raise NotRestored(f"{dump} is not the file that the manifest tells of")
    connection = await service.connect()
    try:
        if await connection.fetchval(_OTHERS):
            raise NotRestored(f"{service.name}'s processes still run; stop them first")
        await connection.execute("DROP OWNED BY CURRENT_USER CASCADE")
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        await run(service.dsn, "pg_restore", [*options, *_into(service), str(dump)])
        there = await content(connection)
    except ToolFailed as error:
        raise NotRestored(str(error)) from error
    finally:
        await connection.close()
    if there != wanted["tables"]:
        other = sorted(
            name for name in wanted["tables"] if there.get(name) != wanted["tables"][name]
        )
        raise NotRestored(f"{service.name} differs from its backup in: {', '.join(other)}")
    return there


async def content(connection: asyncpg.Connection) -> dict[str, list[Any]]:
    """How many rows each table has, and a checksum that does not depend on their order."""
    await connection.execute(f"SET statement_timeout = '{FINISH}'")
    await connection.execute("SET timezone = 'UTC'")
    found = {}
    for (table,) in await connection.fetch(_TABLES):
        rows = await connection.fetch(_CONTENT.format(table=table), timeout=3600)
        found[table] = list(rows[0])
    return found


async def _dump(service: Service, path: Path) -> Mapping[str, Any]:
    connection = await service.connect()
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            options = ["--format=custom", "--no-owner", f"--snapshot={snapshot}"]
            _empty_private(path)
            await run(service.dsn, "pg_dump", [*options, f"--file={path}"])
            tables = await content(connection)
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()
    return {"sha256": _checksum(path), "revision": revision, "tables": tables}


def _into(service: Service) -> list[str]:
    """pg_restore wants the database by name even where the environment has it."""
    return [f"--dbname={service.dsn.partition('?')[0].rpartition('/')[2]}"]


def _wanted(service: Service, folder: Path) -> Mapping[str, Any]:
    try:
        services: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text())["services"]
        facts: Mapping[str, Any] = services[service.name]
    except (OSError, ValueError, KeyError):
        raise NotRestored(f"{folder / MANIFEST} tells nothing of {service.name}") from None
    return facts


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _empty_private(path: Path) -> None:
    """An empty file that only its owner can read, for another program to fill."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
