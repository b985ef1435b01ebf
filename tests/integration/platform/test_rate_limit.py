"""A caller is held to its rate, and told of it on every answer; nobody else pays for it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import APIRouter

from shared.settings import KafkaSettings, PlatformSettings
from shared.web import create_app
from tests.support.databases import Databases
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import TokenMint, token_mint

router = APIRouter(prefix="/v1/things")


@router.get("")
async def things() -> list[str]:
    return []


@dataclass
class Served:
    http: httpx.AsyncClient
    mint: TokenMint

    async def get(self, client_id: str, path: str = "/v1/things") -> httpx.Response:
        headers = self.mint.headers("", client_id=client_id)
        return await self.http.get(path, headers=headers)


@pytest.fixture
async def service(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[Served]:
    """A service that lets a caller call five times at once, and every two seconds."""
    async with token_mint() as mint:
        settings = settings_for(
            PlatformSettings,
            postgres.address("postgres"),
            kafka=kafka,
            issuer=mint.url,
            rate_per_minute=30,
            rate_burst=5,
        )
        app = create_app(settings, [router], title="t", description="d")
        async with served(app) as url, httpx.AsyncClient(base_url=url) as http:
            yield Served(http, mint)


async def test_every_answer_tells_what_is_left(service: Served) -> None:
    answers = [await service.get("ward", path) for path in ("/v1/things", "/v1/nowhere")]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"default";q=5;w=10'}
    assert [answer.headers["ratelimit"] for answer in answers] == [
        '"default";r=4;t=2',
        '"default";r=3;t=2',
    ]


async def test_beyond_the_rate_a_caller_is_told_when_to_come_again(service: Served) -> None:
    answers = await asyncio.gather(*(service.get("ward") for _ in range(12)))
    assert Counter(answer.status_code for answer in answers) == {200: 5, 429: 7}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate_limited"
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["ratelimit"] == '"default";r=0;t=2'
    assert "traceresponse" in refused.headers
    await asyncio.sleep(2)
    assert (await service.get("ward")).status_code == 200


async def test_others_and_the_probes_do_not_pay_for_it(service: Served) -> None:
    for _ in range(6):
        answer = await service.get("ward")
    assert answer.status_code == 429
    assert (await service.get("prison")).status_code == 200
    for path in ("/healthz", "/metrics", "/problems"):
        for _ in range(8):
            probe = await service.http.get(path)
            assert probe.status_code == 200
            assert "ratelimit" not in probe.headers


async def test_who_shows_no_good_token_uses_up_nobody_s_rate(service: Served) -> None:
    foreign = {"Authorization": f"Bearer {service.mint.token('', client_id='ward', aud='other')}"}
    for _ in range(8):
        answer = await service.http.get("/v1/things", headers=foreign)
        assert answer.status_code == 401
        assert "ratelimit" not in answer.headers
    assert (await service.get("ward")).headers["ratelimit"] == '"default";r=4;t=2'
