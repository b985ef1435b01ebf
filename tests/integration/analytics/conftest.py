"""The analytics service over real HTTP, and its handlers as the consumer calls them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.app import build
from services.analytics.consumers import HANDLERS
from services.analytics.settings import Settings
from shared.contracts import EventData
from shared.db import Database
from shared.ids import new_id
from shared.messages import Received
from shared.settings import KafkaSettings
from tests.support.databases import Databases
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import TokenMint, token_mint

ALL = "reports:read reports:internal"


async def apply(session: AsyncSession, events: Sequence[EventData]) -> None:
    """Gives events to the service's handlers."""
    for data in events:
        received = Received(new_id(), "", data.occurred_at, None, data)
        await HANDLERS[type(data)](session, received)


@dataclass
class Service:
    """The served service, its database, and who may call it."""

    http: httpx.AsyncClient
    mint: TokenMint
    settings: Settings
    database: Database

    async def deliver(self, events: Sequence[EventData]) -> None:
        """Applies events in one transaction, as the consumer does with a batch."""
        async with self.database.sessions() as session, session.begin():
            await apply(session, events)

    async def get(
        self, path: str, scopes: str = ALL, accept: str = "*/*", **query: str
    ) -> httpx.Response:
        """What a caller with these scopes is answered."""
        headers = self.mint.headers(scopes) | {"Accept": accept}
        return await self.http.get(path, params=query, headers=headers)

    async def data(self, report: str, scopes: str = ALL, **query: str) -> Any:
        """The data of a report over 2022."""
        period = {"from": "2022-01-01", "to": "2022-12-31"}
        answer = await self.get(f"/v1/reports/{report}", scopes, **(period | query))
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def facts(self) -> dict[str, list[dict[str, Any]]]:
        """Everything in the fact tables."""
        connection = await asyncpg.connect(self.settings.asyncpg_dsn)
        try:
            return {
                table: [
                    dict(row) for row in await connection.fetch(f"SELECT * FROM {table} ORDER BY 1")
                ]
                for table in ("referral_facts", "case_facts", "placement_facts")
            }
        finally:
            await connection.close()


@pytest.fixture
async def mint() -> AsyncIterator[TokenMint]:
    """A token issuer of the test's own."""
    async with token_mint() as minted:
        yield minted


@pytest.fixture
def chosen() -> dict[str, object]:
    """What a test file sets otherwise than the default."""
    return {}


@pytest.fixture
async def service(
    postgres: Databases, kafka: KafkaSettings, mint: TokenMint, chosen: dict[str, object]
) -> AsyncIterator[Service]:
    """An analytics service on a database of its own."""
    address = await postgres.fresh("analytics")
    settings = settings_for(Settings, address, kafka=kafka, issuer=mint.url, **chosen)
    database = Database(settings)
    async with (
        served(build(settings)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield Service(http, mint, settings, database)
    await database.close()
