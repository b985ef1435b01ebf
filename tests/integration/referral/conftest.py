"""The referral service over real HTTP, with its partners registered."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from services.referral.app import build
from services.referral.settings import Settings
from shared.settings import KafkaSettings
from tests.support.bodies import new_key
from tests.support.databases import Databases
from tests.support.partners import register_partners
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import TokenMint, token_mint

SCOPES = "referrals:write referrals:read"


@dataclass
class Service:
    """The served service, and who may call it."""

    http: httpx.AsyncClient
    mint: TokenMint
    settings: Settings
    partners: Mapping[str, str]

    def sender(self, kind: str, **changes: Any) -> dict[str, str]:
        """Headers of a partner of this kind."""
        claims = {"org": self.partners[kind], "client_id": kind} | changes
        return self.mint.headers(SCOPES, **claims)

    async def post(
        self, kind: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Posts a referral as a partner of this kind."""
        sent = self.sender(kind) | new_key() | dict(headers or {})
        return await self.http.post("/v1/referrals", json=body, headers=sent)

    async def rows(self, query: str, *arguments: object) -> list[Any]:
        """What the database holds."""
        connection = await asyncpg.connect(self.settings.asyncpg_dsn)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def count(self, table: str) -> int:
        """How many rows a table holds."""
        rows = await self.rows(f"SELECT count(*) FROM {table}")
        return int(rows[0][0])


@pytest.fixture
async def mint() -> AsyncIterator[TokenMint]:
    """A token issuer of the test's own."""
    async with token_mint() as minted:
        yield minted


@pytest.fixture(scope="session")
async def with_partners(postgres: Databases, kafka: KafkaSettings) -> tuple[str, dict[str, str]]:
    """A database that knows the region's partners, to be copied, and their ids."""
    address = await postgres.fresh("referral")
    async with token_mint() as mint:
        settings = settings_for(Settings, address, kafka=kafka, issuer=mint.url)
        async with served(build(settings)) as url:
            return address, await register_partners(url, mint.token("partners:admin"))


@pytest.fixture
async def service(
    postgres: Databases,
    kafka: KafkaSettings,
    mint: TokenMint,
    with_partners: tuple[str, dict[str, str]],
) -> AsyncIterator[Service]:
    """A referral service on a database of its own."""
    address, partners = with_partners
    settings = settings_for(Settings, await postgres.clone(address), kafka=kafka, issuer=mint.url)
    async with (
        served(build(settings)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield Service(http, mint, settings, dict(partners))
