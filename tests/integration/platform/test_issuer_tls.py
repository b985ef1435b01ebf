"""A county's issuer has a certificate of the county's own authority: named, it is trusted; unnamed,
or another one, it is not, and no token is taken."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter

from shared.settings import KafkaSettings, PlatformSettings
from shared.web import create_app
from tests.support.certificates import certificate_for
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import TokenMint, token_mint

pytestmark = pytest.mark.ops


@asynccontextmanager
async def behind_tls(url: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """The same server at an address with TLS."""
    port = int(url.rpartition(":")[2])

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while sent := await reader.read(65_536):
            writer.write(sent)
        writer.close()

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, onward[1]), pump(onward[0], writer))

    server = await asyncio.start_server(passed_on, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def answer_to_a_token(issuer: str, mint: TokenMint, authority: Path | None) -> int:
    settings = settings_for(
        PlatformSettings,
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        kafka=KafkaSettings(bootstrap="127.0.0.1:1"),
        issuer=issuer,
        issuer_ca_file=authority,
    )
    app = create_app(settings, [router()], title="a service", description="of this test")
    async with served(app) as url, httpx.AsyncClient(base_url=url) as client:
        return (await client.get("/v1/things", headers=mint.headers("any"))).status_code


def router() -> APIRouter:
    made = APIRouter()

    @made.get("/v1/things")
    def things() -> list[str]:
        return []

    return made


@pytest.mark.parametrize(
    ("trusted", "status"), [("localhost", 200), ("elsewhere", 503), (None, 503)]
)
async def test_the_issuer_is_believed_by_its_authority_alone(
    tmp_path: Path, trusted: str | None, status: int
) -> None:
    contexts = {name: certificate_for(name, tmp_path) for name in ("localhost", "elsewhere")}
    async with token_mint() as mint, behind_tls(mint.url, contexts["localhost"][0]) as issuer:
        mint.url = issuer
        authority = tmp_path / f"{trusted}.pem" if trusted else None
        assert await answer_to_a_token(issuer, mint, authority) == status
