"""The gateway with the configuration of `deploy/gateway`: TLS, a host per service, what callers say
of where they come from dropped, and what is for operators kept inside."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from deploy.local.ports import free_port
from deploy.local.process import CODE_ROOT
from services.caseload.imports.rules import MAX_FILE_BYTES
from tests.support.kafka_house import prepared
from tests.support.programs import needed
from tests.support.servers import served

CONFIGURATION = CODE_ROOT / "deploy" / "gateway" / "Caddyfile"
HOSTS = ("referral", "caseload", "consent", "analytics", "keycloak")
pytestmark = [pytest.mark.ops, pytest.mark.xdist_group("gateway")]


def echo(name: str) -> FastAPI:
    """A service that tells what it was asked."""
    app = FastAPI(openapi_url=None)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {}

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def asked(path: str, request: Request) -> dict[str, object]:
        told = {key: value for key, value in request.headers.items() if "forwarded" in key}
        return {"service": name, "path": request.url.path, "told": told}

    return app


@pytest.fixture(scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running gateway, which trusts its certificate."""
    folder = tmp_path_factory.mktemp("gateway")
    secrets = prepared(folder / "secrets")
    port = free_port()
    async with AsyncExitStack() as opened:
        upstreams = {}
        for name in HOSTS:
            url = await opened.enter_async_context(served(echo(name)))
            upstreams[name.upper()] = url.removeprefix("http://")
        environment = {
            **os.environ,
            **upstreams,
            "SECRETS": str(secrets),
            "NOPSA_DOMAIN": "localhost",
            "NOPSA_HTTPS_PORT": str(port),
            "HEALTH_PORT": str(free_port()),
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
        }
        process = running(environment, folder)
        opened.callback(process.wait)
        opened.callback(process.terminate)
        client = httpx.AsyncClient(verify=False, base_url=f"https://127.0.0.1:{port}")  # noqa: S501
        await until_there(await opened.enter_async_context(client))
        yield client


def running(environment: dict[str, str], folder: Path) -> "subprocess.Popen[bytes]":
    program = [needed("caddy"), "run", "--adapter", "caddyfile", "--config", str(CONFIGURATION)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(program, env=environment, stdout=log, stderr=log)


async def until_there(client: httpx.AsyncClient) -> None:
    for _ in range(300):
        try:
            if (await ask(client, "referral", "/v1/referrals")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    pytest.fail("the gateway does not answer")


async def ask(client: httpx.AsyncClient, host: str, path: str, **headers: str) -> httpx.Response:
    name = f"{host}.localhost"
    return await client.get(
        path, headers={"Host": name, **headers}, extensions={"sni_hostname": name}
    )


async def test_each_service_is_a_host_of_its_own_and_paths_stay_as_they_are(
    gateway: httpx.AsyncClient,
) -> None:
    for name in HOSTS:
        host = "auth" if name == "keycloak" else name
        answer = await ask(gateway, host, "/v1/things?x=1")
        assert (answer.json()["service"], answer.json()["path"]) == (name, "/v1/things")


async def test_what_a_caller_says_of_its_origin_is_not_believed(
    gateway: httpx.AsyncClient,
) -> None:
    said = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "evil.example"}
    told = (await ask(gateway, "referral", "/v1/things", **said)).json()["told"]
    assert told == {
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": "referral.localhost",
        "x-forwarded-proto": "https",
    }


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("referral", "/metrics"),
        ("consent", "/readyz"),
        ("auth", "/admin/master/console/"),
        ("auth", "/realms/master/protocol/openid-connect/token"),
    ],
)
async def test_what_is_for_operators_stays_inside(
    gateway: httpx.AsyncClient, host: str, path: str
) -> None:
    answer = await ask(gateway, host, path)
    assert answer.status_code == 404
    assert answer.content == b""


async def test_answers_tell_browsers_to_stay_with_tls(gateway: httpx.AsyncClient) -> None:
    headers = (await ask(gateway, "referral", "/v1/things")).headers
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_largest_body_of_a_route_passes_the_gateway() -> None:
    limit = CONFIGURATION.read_text().partition("max_size ")[2].split()[0]
    assert int(limit.removesuffix("MB")) * 1_000_000 > MAX_FILE_BYTES
