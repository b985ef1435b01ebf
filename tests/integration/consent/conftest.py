"""The consent service over real HTTP."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.consent.app import build
from services.consent.settings import Settings
from shared.settings import KafkaSettings
from tests.support.databases import Databases
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import TokenMint, token_mint

WORKER = "01980000-0000-7000-8000-000000000301"
SCOPES = "consents:read consents:write"
PRODUCER = "1.2.246.10.77777777.10.1"
"""Produces social services inside the organiser's register."""


def consent_body(**changes: Any) -> dict[str, Any]:
    """A general consent that the client gave now, from social to health."""
    return {
        "client_ref": str(uuid4()),
        "direction": "social_to_health",
        "scope": "general",
        "given_by": "client",
        "form": "paper_signed",
        "recorded_by": WORKER,
    } | changes


def denial_body(**changes: Any) -> dict[str, Any]:
    """The client forbids everything."""
    return {
        "client_ref": str(uuid4()),
        "given_by": "client",
        "form": "oral_recorded",
        "recorded_by": WORKER,
    } | changes


@dataclass
class Service:
    """The served service, and who may call it."""

    http: httpx.AsyncClient
    mint: TokenMint
    settings: Settings

    def caller(self, scopes: str = SCOPES, **claims: Any) -> dict[str, str]:
        """Headers of a worker."""
        return self.mint.headers(scopes, **({"client_id": "worker", "worker": WORKER} | claims))

    async def give(self, **changes: Any) -> httpx.Response:
        """Records a consent."""
        return await self.http.post(
            "/v1/consents", json=consent_body(**changes), headers=self.caller()
        )

    async def revoke(self, consent_id: str, etag: str = '"v1"') -> httpx.Response:
        """Takes a consent back."""
        headers = self.caller() | {"If-Match": etag}
        return await self.http.post(f"/v1/consents/{consent_id}/revoke", headers=headers)

    async def deny(self, **changes: Any) -> httpx.Response:
        """Records a denial."""
        return await self.http.post(
            "/v1/denials", json=denial_body(**changes), headers=self.caller()
        )

    async def lift(self, denial_id: str, etag: str = '"v1"') -> httpx.Response:
        """Lifts a denial."""
        headers = self.caller() | {"If-Match": etag}
        return await self.http.post(f"/v1/denials/{denial_id}/lift", headers=headers)

    async def decide(self, client_ref: str, /, **changes: Any) -> httpx.Response:
        """Asks for a decision on the joint plan, for health."""
        question = {
            "client_ref": client_ref,
            "requester": {"organisation": "1.2.246.10.1", "sector": "health"},
            "purpose": "care",
            "data_class": "joint_plan",
            "direction": "social_to_health",
        } | changes
        return await self.http.post("/v1/decisions", json=question, headers=self.caller())

    async def rows(self, query: str, *arguments: object) -> list[Any]:
        """What the database holds."""
        connection = await asyncpg.connect(self.settings.asyncpg_dsn)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def events(self) -> list[tuple[str, str, dict[str, Any]]]:
        """The outbox: type, key and data of each event."""
        rows = await self.rows("SELECT * FROM outbox ORDER BY id")
        return [
            (
                dict(json.loads(row["headers"]))["ce_type"],
                row["key"].decode(),
                json.loads(row["value"]),
            )
            for row in rows
        ]


@pytest.fixture
async def mint() -> AsyncIterator[TokenMint]:
    """A token issuer of the test's own."""
    async with token_mint() as minted:
        yield minted


@pytest.fixture
async def service(
    postgres: Databases, kafka: KafkaSettings, mint: TokenMint
) -> AsyncIterator[Service]:
    """A consent service on a database of its own."""
    address = await postgres.fresh("consent")
    producers = {PRODUCER: ["social"]}
    settings = settings_for(
        Settings, address, kafka=kafka, issuer=mint.url, purchased_producers=producers
    )
    async with (
        served(build(settings)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield Service(http, mint, settings)
