"""The local issuer: who gets a token, what it says, and how a refusal reads."""

import json
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local.issuer import TokenError, create_app, granted_scope

ISSUER = "http://issuer.test"
GRANT = {"grant_type": "client_credentials"}
CLIENT = {
    "client_id": "nurse",
    "client_secret": "secret with space & sign",
    "scope": "cases:read cases:write",
    "org": "team-1",
    "worker": "worker-3",
}
ANALYST = {"client_id": "analyst", "client_secret": "s", "scope": "reports:read", "org": None}


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "clients.json").write_text(json.dumps({"nurse": CLIENT, "analyst": ANALYST}))
    transport = httpx.ASGITransport(create_app(ISSUER, tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield client


def form(client: Mapping[str, str | None], **more: str) -> dict[str, str]:
    ids = {name: str(client[name]) for name in ("client_id", "client_secret")}
    return GRANT | ids | more


async def test_token_is_signed_typed_and_carries_the_clients_claims(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post("/token", data=form(CLIENT))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    keys = KeySet.import_key_set((await http.get("/jwks")).json())
    token = jwt.decode(answer.json()["access_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    claims = token.claims
    assert claims["exp"] - claims["iat"] == answer.json()["expires_in"] == 600
    expected = {
        "iss": ISSUER,
        "aud": "nopsa",
        "sub": "nurse",
        "client_id": "nurse",
        "scope": "cases:read cases:write",
        "org": "team-1",
        "worker": "worker-3",
    }
    assert {name: claims[name] for name in expected} == expected


async def test_claims_a_client_lacks_are_left_out(http: httpx.AsyncClient) -> None:
    answer = await http.post("/token", data=form(ANALYST))
    keys = KeySet.import_key_set((await http.get("/jwks")).json())
    claims = jwt.decode(answer.json()["access_token"], keys, algorithms=["ES256"]).claims
    assert not {"org", "worker"} & set(claims)


async def test_basic_authentication_works_too(http: httpx.AsyncClient) -> None:
    auth = httpx.BasicAuth("analyst", "s")
    answer = await http.post("/token", data=GRANT, auth=auth)
    assert answer.json()["scope"] == "reports:read"


@pytest.mark.parametrize(
    "wrong", [{"client_secret": "wrong"}, {"client_id": "nobody"}, {"client_id": ""}]
)
async def test_wrong_credentials_are_an_invalid_client(
    http: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await http.post("/token", data=form(CLIENT) | wrong)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert "www-authenticate" in answer.headers


async def test_malformed_basic_header_is_an_invalid_client(http: httpx.AsyncClient) -> None:
    answer = await http.post("/token", data=GRANT, headers={"Authorization": "Basic ***"})
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


async def test_only_client_credentials_are_granted(http: httpx.AsyncClient) -> None:
    answer = await http.post("/token", data={"grant_type": "password"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported_grant_type"


def test_scope_is_all_by_default_and_never_more_than_allowed() -> None:
    assert granted_scope("", "a b") == "a b"
    assert granted_scope("b", "a b") == "b"
    with pytest.raises(TokenError) as refused:
        granted_scope("a c", "a b")
    assert refused.value.code == "invalid_scope"


async def test_discovery_names_the_endpoints_and_keys_hold_no_secret(
    http: httpx.AsyncClient,
) -> None:
    found = (await http.get("/.well-known/openid-configuration")).json()
    assert found["issuer"] == ISSUER
    assert found["jwks_uri"] == f"{ISSUER}/jwks"
    (key,) = (await http.get("/jwks")).json()["keys"]
    assert "d" not in key


def test_signing_key_is_private_and_lasts(tmp_path: Path) -> None:
    (tmp_path / "clients.json").write_text("{}")
    create_app(ISSUER, tmp_path)
    (path,) = (tmp_path / "issuer").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    create_app(ISSUER, tmp_path)
    assert path.read_text() == before
