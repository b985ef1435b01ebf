"""Who drips is cut off, and keeps nobody else waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, Body, FastAPI

from shared.settings import KafkaSettings, PlatformSettings
from shared.web import app, create_app, patience
from tests.support.databases import Databases
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import token_mint

router = APIRouter(prefix="/v1")


@router.post("/things")
async def things(body: Any = Body()) -> dict[str, bool]:
    return {"taken": True}


@pytest.fixture
async def http(
    postgres: Databases, kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with little patience."""
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.5)
    monkeypatch.setattr(patience, "BODY_SECONDS", 1.5)
    monkeypatch.setattr(patience, "IDLE_SECONDS", 0.5)
    async with token_mint() as mint:
        settings = settings_for(
            PlatformSettings, postgres.address("postgres"), kafka=kafka, issuer=mint.url
        )
        headers = mint.headers("")
        async with (
            served(create_app(settings, [router], title="t", description="d")) as url,
            httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client,
        ):
            yield client


async def dripped(http: httpx.AsyncClient, first: bytes, drop: bytes, pause: float) -> bytes:
    """What is answered until the service hangs up, to whom sends a drop now and then."""
    place = urlsplit(str(http.base_url))
    reader, writer = await asyncio.open_connection(place.hostname, place.port)

    async def drip() -> None:
        writer.write(first)
        while True:
            await asyncio.sleep(pause)
            writer.write(drop)

    answer = b""
    dripping = asyncio.create_task(drip())
    try:
        with suppress(ConnectionResetError):
            async with asyncio.timeout(30):
                while piece := await reader.read(65536):
                    answer += piece
    finally:
        dripping.cancel()
        writer.close()
    return answer


def head(http: httpx.AsyncClient) -> bytes:
    return (
        "POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {http.headers['authorization']}\r\nContent-Length: 5000\r\n\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("first", "drop"), [(b"", b""), (b"", b"\r\n"), (b"GET / HTTP/1.1\r\n", b"X: 1\r\n")]
)
async def test_a_head_that_does_not_come_is_not_waited_for(
    http: httpx.AsyncClient, first: bytes, drop: bytes
) -> None:
    assert await dripped(http, first, drop, 0.1) == b""


@pytest.mark.parametrize("pause", [0.1, 5.0], ids=["dripping", "pausing"])
async def test_a_body_that_does_not_come_is_a_408(http: httpx.AsyncClient, pause: float) -> None:
    """However the next drop and the answer cross on their way."""
    answer = await dripped(http, head(http) + b'{"a":', b" ", pause)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_too_slow"' in answer


async def test_a_body_that_drips_on_after_its_answer_is_not_waited_for(
    http: httpx.AsyncClient,
) -> None:
    refused = head(http).replace(b"Bearer", b"Nobody")
    assert (await dripped(http, refused, b" ", 0.1)).startswith(b"HTTP/1.1 401 ")


async def test_a_slow_body_with_short_pauses_is_taken(http: httpx.AsyncClient) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for piece in (b'{"a"', b":", b"1", b"}"):
            yield piece
            await asyncio.sleep(0.1)

    headers = {"Content-Type": "application/json"}
    answer = await http.post("/v1/things", content=slowly(), headers=headers)
    assert answer.json() == {"taken": True}


def test_services_are_served_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda _, **settings: said.update(settings))
    app.serve(FastAPI(), "127.0.0.1", 0)
    assert said["http"] is patience.Impatient
