"""A token issuer for the embedded stack only: never run it where real people's data is.

Speaks OIDC discovery, JWKS and the client credentials grant (RFC 6749), and issues access tokens
of RFC 9068 signed with ES256. Clients are read from `clients.json` at every request, so a new
one needs no restart. Production uses any OIDC provider instead.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.files import write_private

AUDIENCE = "nopsa"
LIFETIME_SECONDS = 600


class TokenError(Exception):
    """A refusal with an error code of RFC 6749, section 5.2."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.status = status


def signing_key(folder: Path) -> ECKey:
    """The key of this data folder, made at the first start and readable by its owner only."""
    path = folder / "signing-key.json"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        fresh = ECKey.generate_key("P-256", parameters={"alg": "ES256", "use": "sig"})
        fresh.ensure_kid()
        write_private(path, json.dumps(fresh.as_dict(private=True)))
    return ECKey.import_key(json.loads(path.read_text()))


def granted_scope(requested: str, allowed: str) -> str:
    """The requested scopes, all of the client's when none was named; never more than allowed."""
    if not requested.strip():
        return allowed
    if not set(requested.split()) <= set(allowed.split()):
        raise TokenError("invalid_scope", "The client may not have every scope it asked for.")
    return " ".join(requested.split())


def authenticate(
    clients: Mapping[str, Mapping[str, Any]], client_id: str, client_secret: str
) -> Mapping[str, Any]:
    """The client with this id and secret."""
    for client in clients.values():
        if client["client_id"] == client_id and hmac.compare_digest(
            str(client["client_secret"]).encode(), client_secret.encode()
        ):
            return client
    raise TokenError("invalid_client", "The client id or the secret is wrong.", status=401)


def credentials(authorization: str, form: Mapping[str, str]) -> tuple[str, str]:
    """Client id and secret, from HTTP Basic if there, else from the form."""
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise TokenError("invalid_client", "The Basic header is malformed.", status=401) from None
    return unquote_plus(name), unquote_plus(secret)


def grant(
    clients: Mapping[str, Mapping[str, Any]], authorization: str, form: Mapping[str, str]
) -> tuple[Mapping[str, Any], str]:
    """Who asks, and the scope it gets; `TokenError` when it may not have a token."""
    if form.get("grant_type") != "client_credentials":
        raise TokenError("unsupported_grant_type", "Only client_credentials is supported.")
    client = authenticate(clients, *credentials(authorization, form))
    return client, granted_scope(form.get("scope", ""), client["scope"])


def discovery_document(issuer: str) -> dict[str, Any]:
    """What an OIDC client reads first."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "token_endpoint": f"{issuer}/token",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }


def access_token(issuer: str, key: ECKey, client: Mapping[str, Any], scope: str) -> str:
    """A signed access token; `org` and `worker` are there only for clients that have them."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": client["client_id"],
        "client_id": client["client_id"],
        "scope": scope,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": str(uuid.uuid4()),
    }
    claims |= {name: client[name] for name in ("org", "worker") if client.get(name)}
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}, claims, key)


def create_app(issuer: str, data_dir: Path) -> FastAPI:
    """The issuer as an application; `issuer` is its own address as callers see it."""
    key = signing_key(data_dir / "issuer")
    app = FastAPI(title="nopsa local token issuer", openapi_url=None)

    @app.exception_handler(TokenError)
    async def refused(request: Request, error: TokenError) -> JSONResponse:
        headers = {"WWW-Authenticate": 'Basic realm="nopsa"'} if error.status == 401 else None
        body = {"error": error.code, "error_description": str(error)}
        return JSONResponse(body, status_code=error.status, headers=headers)

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        return discovery_document(issuer)

    @app.get("/jwks")
    async def jwks() -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False)]}

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        form = parse_qs((await request.body()).decode(errors="replace"))
        clients = json.loads((data_dir / "clients.json").read_text())
        client, scope = grant(
            clients,
            request.headers.get("authorization", ""),
            {name: values[0] for name, values in form.items()},
        )
        answer = {"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "scope": scope}
        answer["access_token"] = access_token(issuer, key, client, scope)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    @app.get("/healthz")
    @app.get("/readyz")
    async def healthy() -> dict[str, str]:
        return {"status": "ok"}

    return app


def main() -> None:
    """Serve on the loopback address until told to stop."""
    parser = argparse.ArgumentParser(description="Token issuer of the embedded stack")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    options = parser.parse_args()
    app = create_app(f"http://127.0.0.1:{options.port}", options.data_dir)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
