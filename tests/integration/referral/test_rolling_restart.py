"""The referral service is exchanged, process by process, while partners send all the time."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
import httpx
import pytest

from deploy.local.ports import free_port
from shared.settings import KafkaSettings, PlatformSettings
from tests.support.bodies import new_key, referral_body
from tests.support.databases import Databases
from tests.support.partners import register_partners
from tests.support.settings import INDEX_KEYS, KEYS, settings_for
from tests.support.tokens import TokenMint, token_mint

pytestmark = [pytest.mark.ops, pytest.mark.ops_only]

SENDERS = 6
ENDPOINTS_SECONDS = 0.5
"""As long as a gateway takes to learn that a process is leaving: the preStop pause."""

ENDED_BY_ITSELF = (0, -signal.SIGTERM)
"""uvicorn finishes its requests, then ends by the signal that it was sent."""


@dataclass
class Instance:
    """One HTTP process."""

    process: asyncio.subprocess.Process
    url: str

    async def leave(self) -> int:
        """Told to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


@dataclass
class Gateway:
    """What stands before the processes: sends each request to one that is in rotation."""

    rotation: list[str] = field(default_factory=list)
    turn: int = 0

    def next(self) -> str:
        self.turn += 1
        return self.rotation[self.turn % len(self.rotation)]


async def start(settings: PlatformSettings) -> Instance:
    """A process, once it is ready."""
    port = free_port()
    wiring = {
        "NOPSA_DATABASE_URL": settings.database_url.get_secret_value(),
        "NOPSA_KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
        "NOPSA_ISSUER": settings.issuer,
        "NOPSA_ENCRYPTION_KEYS": KEYS,
        "NOPSA_INDEX_KEYS": INDEX_KEYS,
        "NOPSA_HTTP_PORT": str(port),
        "NOPSA_ALLOW_TEST_IDENTITY_CODES": "true",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.referral.app"),
        env=os.environ | wiring,
        stdout=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient() as http, asyncio.timeout(90):
        while True:
            try:
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return Instance(process, url)
            except httpx.TransportError:
                await asyncio.sleep(0.2)


@asynccontextmanager
async def partners(
    gateway: Gateway, mint: TokenMint, org: str
) -> AsyncIterator[tuple[list[str], list[str]]]:
    """Partners that send without a pause; what was taken, and what went wrong. They repeat
    nothing: whatever goes wrong is seen."""
    taken: list[str] = []
    wrong: list[str] = []
    stop = asyncio.Event()

    async def send() -> None:
        async with httpx.AsyncClient(timeout=30) as http:
            while not stop.is_set():
                headers = mint.headers("referrals:write", org=org, client_id="prison")
                body = referral_body(external_id=str(uuid4()))
                url = f"{gateway.next()}/v1/referrals"
                try:
                    sent = headers | new_key() | {"Connection": "close"}
                    answer = await http.post(url, json=body, headers=sent)
                except httpx.TransportError as error:
                    wrong.append(type(error).__name__)
                    continue
                if answer.status_code == 201:
                    taken.append(answer.json()["id"])
                else:
                    wrong.append(str(answer.status_code))

    tasks = [asyncio.create_task(send()) for _ in range(SENDERS)]
    try:
        yield taken, wrong
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def more(taken: list[str], count: int = 20) -> None:
    """Waits until so many more referrals are taken."""
    wanted = len(taken) + count
    async with asyncio.timeout(60):
        while len(taken) < wanted:
            await asyncio.sleep(0.05)


async def test_no_request_fails_while_every_process_is_exchanged(
    postgres: Databases, kafka: KafkaSettings
) -> None:
    """A rolling restart under load: no request fails, and no referral is lost or doubled."""
    async with token_mint() as mint:
        address = await postgres.fresh("referral")
        settings = settings_for(PlatformSettings, address, kafka=kafka, issuer=mint.url)
        old = list(await asyncio.gather(start(settings), start(settings)))
        ids = await register_partners(old[0].url, mint.token("partners:admin"))
        gateway = Gateway([one.url for one in old])
        new: list[Instance] = []
        async with partners(gateway, mint, ids["prison"]) as (taken, wrong):
            for leaving in old:
                await more(taken)
                new.append(await start(settings))
                gateway.rotation.append(new[-1].url)
                gateway.rotation.remove(leaving.url)
                await asyncio.sleep(ENDPOINTS_SECONDS)
                assert await leaving.leave() in ENDED_BY_ITSELF
            await more(taken)
        assert wrong == []
        for one in new:
            await one.leave()
        connection = await asyncpg.connect(settings.asyncpg_dsn)
        rows = await connection.fetch("SELECT id FROM referrals")
        await connection.close()
        assert sorted(str(row["id"]) for row in rows) == sorted(taken)
