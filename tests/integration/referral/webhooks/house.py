"""A referral service with a partner that listens: what the webhook tests stand on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.referral.app import build
from services.referral.consumers import HANDLERS
from services.referral.settings import Settings
from services.referral.webhooks.courier import Courier, Resolver, resolve
from services.referral.webhooks.sender import Sender
from shared.contracts import EventData, caseload, consent
from shared.db import Database
from shared.ids import new_id
from shared.messages import Received
from shared.settings import KafkaSettings
from tests.integration.referral.conftest import Service
from tests.support.bodies import referral_body
from tests.support.databases import Databases
from tests.support.partners import register_partners
from tests.support.receiver import Receiver
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import TokenMint

TEAM = uuid4()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LONG_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
FAST: dict[str, Any] = {
    "webhook_allow_private_addresses": True,
    "webhook_ports": frozenset(),
    "webhook_retry_scale": 0.000_001,
    "webhook_poll_seconds": 0.02,
    "webhook_timeout_seconds": 5.0,
}
"""The whole schedule in a quarter of a second, to endpoints on this machine."""


@dataclass
class House:
    """The service, its database as its event process has it, and the partner's receiver."""

    service: Service
    database: Database
    receiver: Receiver

    @property
    def settings(self) -> Settings:
        return self.service.settings

    def headers(self, kind: str, scope: str = "webhooks:write", **claims: Any) -> dict[str, str]:
        """Headers of a partner of this kind that handles its own endpoints."""
        claims = {"org": self.service.partners[kind], "client_id": kind} | claims
        return self.service.mint.headers(scope, **claims)

    def path(self, kind: str, *parts: str) -> str:
        """An address under a partner's webhooks."""
        return "/".join(("/v1/partners", self.service.partners[kind], "webhooks", *parts))

    async def call(
        self, method: str, kind: str, *parts: str, json: Any = None, **headers: str
    ) -> httpx.Response:
        """Calls an endpoint of a partner's webhooks as that partner."""
        sent = self.headers(kind) | {k.replace("_", "-"): v for k, v in headers.items()}
        path = self.path(kind, *parts)
        return await self.service.http.request(method, path, json=json, headers=sent)

    async def listen(self, kind: str, path: str = "/hook", **changes: Any) -> str:
        """Registers an endpoint of the receiver for a partner; its id."""
        answer = await self.call("POST", kind, json={"url": f"{self.receiver.url}{path}"} | changes)
        assert answer.status_code == 201, answer.text
        self.receiver.secrets.append(answer.json()["secret"])
        return str(answer.json()["id"])

    async def refer(self, kind: str, **changes: Any) -> "Progress":
        """A referral of this partner's, and the case that grows of it."""
        sent = await self.service.post(kind, referral_body(**changes))
        referral_id = UUID(sent.json()["id"])
        rows = await self.service.rows(
            "SELECT client_ref FROM referrals WHERE id = $1", referral_id
        )
        return Progress(self, kind, referral_id, rows[0]["client_ref"], uuid4())

    async def deliver(self, *events: EventData) -> None:
        """Gives events to the service's handlers, as its consumer would."""
        for data in events:
            async with self.database.sessions() as session, session.begin():
                received = Received(new_id(), "", data.occurred_at, None, data)
                await HANDLERS[type(data)](session, received)

    async def log(self, kind: str, webhook_id: str) -> list[dict[str, Any]]:
        """The delivery log as the partner reads it, oldest first."""
        answer = await self.call("GET", kind, webhook_id, "deliveries")
        return list(reversed(answer.json()["items"]))

    async def settled(self, kind: str, webhook_id: str, count: int = 1) -> list[dict[str, Any]]:
        """The log, once so many deliveries are there and none is pending."""

        async def look() -> list[dict[str, Any]] | None:
            log = await self.log(kind, webhook_id)
            done = len(log) >= count and all(entry["status"] != "pending" for entry in log)
            return log if done else None

        found: list[dict[str, Any]] = await until(look)
        return found

    @asynccontextmanager
    async def sending(self, resolver: Resolver = resolve) -> AsyncIterator[None]:
        """The sender runs for a while."""
        settings = self.settings
        async with Courier(
            settings.webhook_policy, timeout=settings.webhook_timeout, resolver=resolver
        ) as courier:
            task = asyncio.create_task(Sender(settings, self.database, courier).run())
            try:
                yield
                if task.done():
                    task.result()
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@dataclass
class Progress:
    """What the team does with one referral, step by step."""

    house: House
    kind: str
    referral_id: UUID
    client_ref: UUID
    case_id: UUID
    version: int = 0

    def _case(self) -> dict[str, Any]:
        self.version += 1
        return {
            "aggregate_id": self.case_id,
            "occurred_at": NOW,
            "client_ref": self.client_ref,
            "referral_ids": (self.referral_id,),
            "team": TEAM,
            "version": self.version,
        }

    async def accept(self) -> None:
        """The team takes it."""
        event = caseload.ReferralAccepted(
            **self._case(),
            referral_id=self.referral_id,
            contact_due_at=NOW,
            joined_open_case=False,
        )
        await self.house.deliver(event)

    async def attempt(self) -> None:
        """Nobody answered."""
        event = caseload.ContactAttempted(
            **self._case(), channel="phone", outcome="no_answer", attempt=1
        )
        await self.house.deliver(event)

    async def reach(self) -> None:
        """The person was reached."""
        event = caseload.CaseContacted(
            **self._case(), channel="phone", attempt=1, within_deadline=True
        )
        await self.house.deliver(event)

    async def close(self) -> None:
        """The service ended."""
        event = caseload.CaseClosed(**self._case(), reason="goals_attained", closed_at=NOW)
        await self.house.deliver(event)

    async def walk(self) -> None:
        """All of it."""
        for step in (self.accept, self.attempt, self.reach, self.close):
            await step()

    async def consent(self, *facts: str, begins: datetime = LONG_BEGUN) -> UUID:
        """The client lets this partner be told of these facts; the consent's id."""
        consent_id = uuid4()
        event = consent.ConsentGiven(
            **self._consent(consent_id),
            version=1,
            facts=facts,
            valid_from=begins,
        )
        await self.house.deliver(event)
        return consent_id

    async def revoke(self, consent_id: UUID) -> None:
        """The client takes that back."""
        await self.house.deliver(consent.ConsentRevoked(**self._consent(consent_id), version=2))

    async def deny(self) -> UUID:
        """The client forbids to tell this partner anything; the denial's id."""
        denial_id = uuid4()
        await self.house.deliver(consent.ConsentDenied(**self._consent(denial_id), version=1))
        return denial_id

    async def lift(self, denial_id: UUID) -> None:
        """The client forbids it no longer."""
        await self.house.deliver(consent.DenialLifted(**self._consent(denial_id), version=2))

    def _consent(self, consent_id: UUID) -> dict[str, Any]:
        return {
            "aggregate_id": consent_id,
            "occurred_at": NOW,
            "client_ref": self.client_ref,
            "direction": "to_partner",
            "partner_id": UUID(self.house.service.partners[self.kind]),
        }

    async def seen(self) -> tuple[str, str | None]:
        """What the partner reads of it now."""
        answer = await self.house.service.http.get(
            f"/v1/referrals/{self.referral_id}", headers=self.house.service.sender(self.kind)
        )
        return answer.json()["status"], answer.json()["business_status"]


async def until(look: Callable[[], Awaitable[Any]], seconds: float = 20.0) -> Any:
    """The first thing that `look` finds."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.01)
    return found


@asynccontextmanager
async def open_house(
    postgres: Databases, kafka: KafkaSettings, mint: TokenMint, receiver: Receiver, **settings: Any
) -> AsyncIterator[House]:
    """A service on a database of its own, set to send fast and to this machine."""
    address = await postgres.fresh("referral")
    chosen = settings_for(Settings, address, kafka=kafka, issuer=mint.url, **{**FAST, **settings})
    database = Database(chosen)
    async with (
        served(build(chosen)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        partners = await register_partners(url, mint.token("partners:admin"))
        yield House(Service(http, mint, chosen, partners), database, receiver)
    await database.close()
