"""Who gets in, and what everybody else is told; every refusal is its documented problem."""

import base64
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from tests.integration.referral.conftest import SCOPES, Service
from tests.support.bodies import new_key, referral_body
from tests.support.tokens import TokenMint, token_mint


def bad_tokens(mint: TokenMint, foreign: TokenMint) -> dict[str, str]:
    """Tokens that must not open the door, by what is wrong with them."""
    good = mint.token(SCOPES)
    head, claims, signature = good.split(".")
    return {
        "no dots": "abc",
        "too long": "a." * 5000,
        "altered": f"{head}.{claims}.{signature[::-1]}",
        "expired": mint.token(SCOPES, exp=int(time.time()) - 120),
        "no expiry": mint.token(SCOPES, exp=None),
        "wrong issuer": mint.token(SCOPES, iss="https://elsewhere.example"),
        "wrong audience": mint.token(SCOPES, aud="another-api"),
        "foreign key, our issuer": foreign.token(SCOPES, iss=mint.url),
        "unknown key": mint.token(SCOPES, key=ECKey.generate_key("P-256"), header={"kid": "x"}),
        "alg none": f"{_part({'alg': 'none', 'typ': 'at+jwt'})}.{claims}.",
        "HS256 with the public key": _signed_with_public_key(mint, claims),
        "an id token": mint.token(SCOPES, header={"typ": "JWT"}),
    }


def _part(document: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _signed_with_public_key(mint: TokenMint, claims: str) -> str:
    """The classic confusion: the public key, known to all, taken as an HMAC secret."""
    head = _part({"alg": "HS256", "typ": "at+jwt", "kid": "mint-1"})
    signature = hmac.digest(mint.key.as_pem(private=False), f"{head}.{claims}".encode(), "sha256")
    return f"{head}.{claims}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


async def test_a_bad_token_is_a_401_that_says_how_and_stores_nothing(
    service: Service, mint: TokenMint
) -> None:
    async with token_mint() as foreign:
        tokens = bad_tokens(mint, foreign)
    for what, token in tokens.items():
        answer = await service.post("prison", referral_body(), {"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, what
        assert answer.json()["code"] == "unauthenticated", what
        assert answer.headers["www-authenticate"].startswith("Bearer"), what
        assert token[:20] not in answer.text, what
    assert await service.count("referrals") == 0


@pytest.mark.parametrize("authorization", [None, "", "Basic abc", "Bearer"])
async def test_no_token_is_a_401_even_before_a_malformed_body(
    service: Service, authorization: str | None
) -> None:
    headers = {"Content-Type": "application/json"}
    if authorization is not None:
        headers["Authorization"] = authorization
    answer = await service.http.post("/v1/referrals", content=b"{", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_missing_scope_is_a_403_that_names_it(service: Service) -> None:
    headers = service.mint.headers("referrals:read", org=service.partners["prison"])
    answer = await service.post("prison", referral_body(), headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_scope"
    assert "referrals:write" in answer.json()["detail"]
    assert await service.count("referrals") == 0


@pytest.mark.parametrize("org", [None, "no-uuid", "01980000-0000-7000-8000-00000000ffff"])
async def test_a_token_of_no_partner_is_told_so(service: Service, org: str | None) -> None:
    headers = service.mint.headers(SCOPES, org=org)
    answer = await service.post("prison", referral_body(), headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_a_partner"


async def test_a_suspended_partner_is_told_whom_to_call(service: Service) -> None:
    partner = service.partners["prison"]
    admin = service.mint.headers("partners:admin")
    known = await service.http.get(f"/v1/partners/{partner}", headers=admin)
    body = {k: v for k, v in known.json().items() if k not in ("id", "authority")}
    changed = await service.http.put(
        f"/v1/partners/{partner}",
        json=body | {"suspended": True},
        headers=admin | {"If-Match": known.headers["etag"]},
    )
    assert changed.status_code == 200
    answer = await service.post("prison", referral_body())
    assert (answer.status_code, answer.json()["code"]) == (403, "partner_suspended")


async def test_another_partners_referral_is_not_found_like_one_that_is_not(
    service: Service,
) -> None:
    sent = await service.post("prison", referral_body())
    location = sent.headers["location"]
    own = await service.http.get(location, headers=service.sender("prison"))
    other = await service.http.get(location, headers=service.sender("hospital_ward"))
    nowhere = await service.http.get(
        "/v1/referrals/01980000-0000-7000-8000-00000000ffff",
        headers=service.sender("hospital_ward"),
    )
    assert own.status_code == 200
    assert (other.status_code, nowhere.status_code) == (404, 404)
    hidden = ("instance", "trace_id")
    assert _without(other, hidden) == _without(nowhere, hidden)


def _without(answer: httpx.Response, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in names}


@pytest.mark.parametrize(
    ("method", "path", "content", "media_type", "status", "code"),
    [
        ("POST", "/v1/referrals", b"{", "application/json", 400, "malformed_json"),
        ("POST", "/v1/referrals", b"\xff\xfe", "application/json", 400, "malformed_json"),
        ("POST", "/v1/referrals", b"[1]", "application/json", 422, "validation_failed"),
        ("POST", "/v1/referrals", b"<a/>", "application/xml", 415, "unsupported_media_type"),
        ("POST", "/v1/referrals", b"x" * 1_000_000, "application/json", 413, "body_too_large"),
        ("DELETE", "/v1/referrals", b"", "application/json", 405, "method_not_allowed"),
        ("GET", "/v1/unheard-of", b"", "application/json", 404, "not_found"),
        ("GET", "/unheard-of", b"", "application/json", 404, "not_found"),
        ("GET", "/v1/referrals/no-uuid", b"", "application/json", 404, "not_found"),
        ("GET", "/v1/referrals?limit=0", b"", "application/json", 422, "validation_failed"),
        ("GET", "/v1/referrals?cursor=!", b"", "application/json", 400, "invalid_cursor"),
    ],
)
async def test_every_error_has_the_problem_shape(
    service: Service,
    method: str,
    path: str,
    content: bytes,
    media_type: str,
    status: int,
    code: str,
) -> None:
    headers = service.sender("prison") | new_key() | {"Content-Type": media_type}
    answer = await service.http.request(method, path, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance", "trace_id"} <= problem.keys()
    assert (await service.http.get(problem["type"])).json()["code"] == code
    assert await service.count("referrals") == 0


async def test_a_body_without_a_length_is_limited_too(service: Service) -> None:
    async def drip() -> Any:
        for _ in range(40):
            yield b"x" * 10_000

    headers = service.sender("prison") | new_key() | {"Content-Type": "application/json"}
    answer = await service.http.post("/v1/referrals", content=drip(), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


async def test_health_metrics_and_documentation_need_no_token(service: Service) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/problems"):
        assert (await service.http.get(path)).status_code == 200, path
    ready = (await service.http.get("/readyz")).json()
    assert ready["checks"] == {"postgres": "ok", "issuer": "ok", "broker": "ok"}


async def test_a_refused_method_is_told_all_that_the_path_takes(service: Service) -> None:
    answer = await service.http.delete("/v1/referrals", headers=service.sender("prison"))
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
