"""The caseload service over real HTTP, with its event handlers at hand."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.caseload.app import build
from services.caseload.consumers import HANDLERS
from services.caseload.settings import Settings
from shared.contracts.referral import ReferralReceived
from shared.db import Database
from shared.ids import new_id
from shared.messages import Received
from shared.settings import KafkaSettings
from tests.support.databases import Databases
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import TokenMint, token_mint

LAHTI, HOLLOLA, HELSINKI = "398", "098", "091"
PAIJAT_HAME = "09"
RECEIVED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday, ten o'clock in Finland."""


@dataclass(frozen=True)
class Event:
    """An event in the outbox."""

    type: str
    key: str
    correlation: str | None
    data: dict[str, Any]


def referral(**changes: Any) -> ReferralReceived:
    """The event of a referral from a prison; `changes` replace fields."""
    received_at = changes.get("received_at", RECEIVED)
    return ReferralReceived.model_validate(
        {
            "aggregate_id": new_id(),
            "version": 1,
            "occurred_at": received_at,
            "client_ref": uuid4(),
            "partner_id": uuid4(),
            "source_kind": "prison",
            "urgency": "urgent",
            "lawful_basis": "consent",
            "reasons": ["homelessness"],
            "municipality": LAHTI,
            "age_group": "30-64",
            "language": "fi",
            "received_at": received_at,
            "pending_since": received_at,
        }
        | changes
    )


@dataclass
class Service:
    """The served service, who may call it, and what it did."""

    http: httpx.AsyncClient
    mint: TokenMint
    settings: Settings
    database: Database

    def admin(self) -> dict[str, str]:
        """Headers of an administrator, who speaks for no team."""
        return self.mint.headers("teams:admin cases:read cases:write", client_id="admin")

    def lead(self, team: str) -> dict[str, str]:
        """Headers of a team's lead."""
        return self.mint.headers("cases:read cases:write", client_id="lead", org=team)

    async def team(self, **changes: Any) -> str:
        """Sets a team up for Lahti; its id."""
        team_id = str(new_id())
        body = {"name": "Team", "county": PAIJAT_HAME, "municipalities": [LAHTI]} | changes
        answer = await self.http.put(f"/v1/teams/{team_id}", json=body, headers=self.admin())
        assert answer.status_code == 201, answer.text
        return team_id

    async def worker(self, team: str, capacity: int = 18, **changes: Any) -> str:
        """Sets a social worker up; their id."""
        worker_id = str(new_id())
        body = {
            "team": team,
            "profession": "social_worker",
            "employer_sector": "social",
            "capacity_points": capacity,
        } | changes
        answer = await self.http.put(f"/v1/workers/{worker_id}", json=body, headers=self.admin())
        assert answer.status_code == 201, answer.text
        return worker_id

    async def take(self, data: ReferralReceived) -> ReferralReceived:
        """Gives a referral to the service's handler, as its consumer would."""
        async with self.database.sessions() as session, session.begin():
            received = Received(new_id(), "", data.occurred_at, None, data)
            await HANDLERS[ReferralReceived](session, received)
        return data

    async def case_of(self, data: ReferralReceived) -> dict[str, Any]:
        """The client's newest case as an administrator sees it."""
        rows = await self.rows(
            "SELECT id FROM cases WHERE client_ref = $1 ORDER BY id DESC", data.client_ref
        )
        answer = await self.http.get(f"/v1/cases/{rows[0]['id']}", headers=self.admin())
        return {**answer.json(), "etag": answer.headers["ETag"]}

    async def close(self, case: dict[str, Any], **body: Any) -> httpx.Response:
        """Closes a case as an administrator."""
        return await self.http.post(
            f"/v1/cases/{case['id']}/close",
            json={"reason": "goals_attained"} | body,
            headers=self.admin() | {"If-Match": case["etag"]},
        )

    async def line(self, **query: str) -> list[dict[str, Any]]:
        """Who waits."""
        answer = await self.http.get("/v1/waitlist", params=query, headers=self.admin())
        return list(answer.json()["items"])

    async def rows(self, query: str, *arguments: object) -> list[Any]:
        """What the database holds."""
        connection = await asyncpg.connect(self.settings.asyncpg_dsn)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def execute(self, statement: str, *arguments: object) -> None:
        """Lets time pass, or does what nobody can over HTTP."""
        connection = await asyncpg.connect(self.settings.asyncpg_dsn)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def events(self, client_ref: UUID | None = None) -> list[Event]:
        """The outbox in its order; of one client, if given."""
        found = []
        for row in await self.rows("SELECT * FROM outbox ORDER BY id"):
            headers = dict(json.loads(row["headers"]))
            name = headers["ce_type"].removeprefix("nopsa.").removesuffix(".v1")
            key = row["key"].decode()
            event = Event(name, key, headers.get("ce_correlationid"), json.loads(row["value"]))
            if client_ref is None or key == str(client_ref):
                found.append(event)
        return found


@pytest.fixture
async def mint() -> AsyncIterator[TokenMint]:
    """A token issuer of the test's own."""
    async with token_mint() as minted:
        yield minted


@pytest.fixture
async def service(
    postgres: Databases, kafka: KafkaSettings, mint: TokenMint
) -> AsyncIterator[Service]:
    """A caseload service on a database of its own."""
    address = await postgres.fresh("caseload")
    settings = settings_for(Settings, address, kafka=kafka, issuer=mint.url)
    database = Database(settings)
    async with (
        served(build(settings)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield Service(http, mint, settings, database)
    await database.close()
