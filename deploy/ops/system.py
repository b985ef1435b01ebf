"""Where a running system is: the embedded stack, by its ready file, or one service in production,
by the environment that its processes have."""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from shared import configuration
from shared.settings import DatabaseSettings, KafkaSettings

CONNECT_SECONDS = 5


class NowhereError(Exception):
    """No running system is known; the message says how to name one."""


@dataclass(frozen=True)
class Service:
    """One service. Without URLs its processes are not asked."""

    name: str
    dsn: str
    urls: Mapping[str, str] = field(default_factory=dict)

    async def connect(self) -> asyncpg.Connection:
        """A connection to its database. Raises what asyncpg raises."""
        return await asyncpg.connect(self.dsn, timeout=CONNECT_SECONDS, command_timeout=60)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session on its database."""
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=self.connect, poolclass=NullPool
        )
        try:
            async with AsyncSession(engine, expire_on_commit=False) as session:
                yield session
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A plain connection through SQLAlchemy, for alembic."""
        async with self.session() as session:
            yield await session.connection()


@dataclass(frozen=True)
class System:
    """The services that can be reached, and what they stand on; `certificates` are the files that
    its processes read."""

    services: Mapping[str, Service]
    kafka: KafkaSettings
    issuer: str | None
    certificates: tuple[Path, ...] = ()


def find(ready_file: Path, service: str | None) -> System:
    """The system that runs on the ready file; else the service whose environment this is.

    `service` keeps to one of them. Raises `NowhereError`.
    """
    system = _of_stack(ready_file) if ready_file.exists() else _of_environment(service)
    if service is None:
        return system
    if service not in system.services:
        raise NowhereError(f"There is no service {service}: {', '.join(system.services)}")
    return replace(system, services={service: system.services[service]})


def find_broker(ready_file: Path) -> KafkaSettings:
    """The broker of the system that runs on the ready file; else that of this environment."""
    if ready_file.exists():
        return _of_stack(ready_file).kafka
    return configuration.read(KafkaSettings)


def _of_stack(ready_file: Path) -> System:
    ready = json.loads(ready_file.read_text())
    workers = ready.get("workers", {})
    services = {
        name: Service(
            name,
            ready["postgres"][name],
            {name: url} | ({f"{name}-worker": workers[name]} if name in workers else {}),
        )
        for name, url in ready["services"].items()
    }
    return System(services, KafkaSettings(bootstrap=ready["kafka"]), ready["issuer"])


def _of_environment(service: str | None) -> System:
    name = service or os.environ.get("NOPSA_SERVICE_NAME")
    if name is None or "NOPSA_DATABASE_URL" not in os.environ:
        raise NowhereError(
            "No stack has run on this folder. Name one with --data-dir, or run this where a "
            "service runs (its NOPSA_* environment) with --service."
        )
    database = configuration.read(DatabaseSettings)
    kafka = configuration.read(KafkaSettings)
    files = (
        database.database_sslrootcert,
        database.database_sslcert,
        kafka.ca_file,
        kafka.client_certificate,
    )
    return System(
        {name: Service(name, database.asyncpg_dsn)},
        kafka,
        os.environ.get("NOPSA_ISSUER"),
        tuple(path for path in files if path is not None),
    )
