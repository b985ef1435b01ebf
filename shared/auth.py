"""Access tokens (RFC 9068) from one configured issuer, and what a caller may do.

Authentication happens at the door, before a body is read; an endpoint then names the scope it
needs with `scoped("...")`. Keys come by OIDC discovery and are cached; an unknown key id asks the
issuer again, but not more often than every few seconds.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx
import structlog
from fastapi import Request
from fastapi.security import HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from shared.problems import INSUFFICIENT_SCOPE, UNAUTHENTICATED, UNAVAILABLE, Problem

LOG = structlog.get_logger(__name__)
ALGORITHMS = ("ES256", "RS256", "EdDSA", "Ed25519")
TOKEN_TYPES = ("at+jwt", "application/at+jwt")
LEEWAY_SECONDS = 30
KEYS_LIVE_SECONDS = 300
MIN_REFRESH_SECONDS = 5
MAX_TOKEN_CHARACTERS = 8_192
MOST_KNOWN = 1_000
"""So many tokens are known at a time; a partner sends all its calls of some minutes with one."""


@dataclass(frozen=True)
class Caller:
    """Who calls, as its token says."""

    subject: str
    client_id: str
    scopes: frozenset[str]
    org: str | None = None
    worker: str | None = None
    expires_at: int | None = None
    """When its token ends, in seconds since 1970."""


class InvalidTokenError(Exception):
    """The token is not acceptable; the text says why in general terms."""


class Issuer:
    """The issuer's keys, fetched when first needed and kept for a while."""

    def __init__(self, issuer: str, http: httpx.AsyncClient) -> None:
        self._issuer = issuer.rstrip("/")
        self._http = http
        self._keys: KeySet | None = None
        self._fetched_at = 0.0
        self._lock = asyncio.Lock()

    async def keys(self, *, newer_than: float = 0.0) -> KeySet:
        """The key set; fetched anew when old, or older than `newer_than` (monotonic seconds).

        Raises `httpx.HTTPError` when the issuer cannot be reached and nothing is cached.
        """
        if keys := self._fresh(newer_than):
            return keys
        async with self._lock:
            if keys := self._fresh(newer_than):
                return keys
            try:
                self._keys = await self._fetch()
                self._fetched_at = time.monotonic()
            except httpx.HTTPError:
                if self._keys is None:
                    raise
                LOG.warning("issuer_unreachable_using_cached_keys")
            return self._keys

    def _fresh(self, newer_than: float) -> KeySet | None:
        age = time.monotonic() - self._fetched_at
        new_enough = self._fetched_at > newer_than or age < MIN_REFRESH_SECONDS
        return self._keys if new_enough and age < KEYS_LIVE_SECONDS else None

    async def _fetch(self) -> KeySet:
        discovery = await self._get(f"{self._issuer}/.well-known/openid-configuration")
        return KeySet.import_key_set(await self._get(discovery["jwks_uri"]))

    async def _get(self, url: str) -> Any:
        response = await self._http.get(url)
        response.raise_for_status()
        return response.json()


class TokenChecker:
    """Turns a bearer token into a `Caller`, or says why not."""

    def __init__(self, issuer_url: str, audience: str, http: httpx.AsyncClient) -> None:
        self.issuer = Issuer(issuer_url, http)
        self._claims = JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer_url.rstrip("/")},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            client_id={"essential": True},
        )
        self._known: OrderedDict[bytes, Caller] = OrderedDict()
        self._known_under: KeySet | None = None

    async def check(self, token: str) -> Caller:
        """The caller. Raises `InvalidTokenError`, or `httpx.HTTPError` without any keys."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise InvalidTokenError("the token is too long")
        asked_at = time.monotonic()
        try:
            return self._known_or_checked(token, await self.issuer.keys())
        except (JoseError, ValueError):
            keys = await self.issuer.keys(newer_than=asked_at)
        try:
            return self._known_or_checked(token, keys)
        except (JoseError, ValueError) as error:
            raise InvalidTokenError(type(error).__name__) from None

    def _known_or_checked(self, token: str, keys: KeySet) -> Caller:
        """The caller of a token that was found good under these very keys and has not ended since,
        or what a check of it says. Only the token's hash is kept."""
        if keys is not self._known_under:
            self._known.clear()
            self._known_under = keys
        name = sha256(token.encode()).digest()
        known = self._known.get(name)
        if known is not None and known.expires_at is not None and time.time() < known.expires_at:
            return known
        caller = self._caller(token, keys)
        self._known[name] = caller
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return caller

    def _caller(self, token: str, keys: KeySet) -> Caller:
        decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        if str(decoded.header.get("typ", "")).lower() not in TOKEN_TYPES:
            raise ValueError("not an access token")
        claims = decoded.claims
        self._claims.validate(claims)
        return Caller(
            subject=str(claims["sub"]),
            client_id=str(claims["client_id"]),
            scopes=frozenset(str(claims.get("scope", "")).split()),
            org=_text(claims.get("org")),
            worker=_text(claims.get("worker")),
            expires_at=int(claims["exp"]),
        )


async def authenticate(checker: TokenChecker, authorization: str | None) -> Caller:
    """The caller of an Authorization header. Raises the 401 (or 503) problem otherwise."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(UNAUTHENTICATED, headers={"WWW-Authenticate": 'Bearer realm="nopsa"'})
    try:
        return await checker.check(token.strip())
    except InvalidTokenError:
        raise Problem(
            UNAUTHENTICATED,
            "The token is expired, not from the configured issuer, or not meant for nopsa.",
            headers={"WWW-Authenticate": 'Bearer realm="nopsa", error="invalid_token"'},
        ) from None
    except httpx.HTTPError:
        raise Problem(
            UNAVAILABLE, "The token issuer cannot be reached.", headers={"Retry-After": "5"}
        ) from None


class _Scoped(HTTPBearer):
    """Asks for scopes; being a security scheme it shows in the OpenAPI document."""

    def __init__(self, scopes: Collection[str]) -> None:
        super().__init__(
            scheme_name="HTTPBearer", description="RFC 9068 access token, audience nopsa"
        )
        self._scopes = scopes

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        caller: Caller = request.state.caller
        if caller.scopes.isdisjoint(self._scopes):
            raise Problem(
                INSUFFICIENT_SCOPE,
                f"This call needs the scope {' or '.join(self._scopes)}.",
                headers={
                    "WWW-Authenticate": 'Bearer realm="nopsa", error="insufficient_scope", '
                    f'scope="{" ".join(self._scopes)}"'
                },
            )
        return caller


def scoped(*scopes: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller if its token has one of the scopes, else answers 403."""
    return _Scoped(scopes)


def _text(claim: object) -> str | None:
    return None if claim is None else str(claim)
