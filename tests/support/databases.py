"""Fresh, migrated databases: one template a service is migrated once, then cloned per test."""

import importlib
import itertools
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from pydantic import SecretStr

from shared import migrations
from shared.settings import ASYNC_DRIVER, DatabaseSettings

_numbers = itertools.count(1)


class Databases:
    """Makes databases on the test session's PostgreSQL; all go when the session ends."""

    def __init__(self, admin_dsn: str) -> None:
        self._admin_dsn = admin_dsn
        self._templates: dict[str, str] = {}

    def address(self, name: str) -> str:
        """The address of a database, in the form of the services' settings."""
        parts = urlsplit(self._admin_dsn)
        plain = urlunsplit((parts.scheme, parts.netloc, f"/{name}", "", ""))
        return plain.replace("postgresql://", ASYNC_DRIVER, 1)

    async def empty(self) -> str:
        """A new database without tables; its address."""
        name = f"test_{next(_numbers)}"
        await self._run(f'CREATE DATABASE "{name}"')
        return self.address(name)

    async def fresh(self, service: str) -> str:
        """A new database with the tables of a service; its address."""
        if service not in self._templates:
            self._templates[service] = await self._make_template(service)
        name = f"test_{next(_numbers)}_{service}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._templates[service]}"')
        return self.address(name)

    async def clone(self, address: str) -> str:
        """A new database like one that nobody is connected to; its address."""
        name, like = f"test_{next(_numbers)}_clone", urlsplit(address).path.lstrip("/")
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        return self.address(name)

    async def _make_template(self, service: str) -> str:
        name = f"template_{service}"
        await self._run(f'CREATE DATABASE "{name}"')
        settings = DatabaseSettings(database_url=SecretStr(self.address(name)))
        app = importlib.import_module(f"services.{service}.app")
        await migrations.upgrade(settings, app.MIGRATIONS)
        return name

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self._admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
