"""A token issuer whose every token can be bent: to try what the services refuse."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.support.servers import served


class TokenMint:
    """Keys, and tokens signed with them."""

    def __init__(self) -> None:
        self.url = ""
        self.key = ECKey.generate_key("P-256", {"kid": "mint-1", "use": "sig"})
        self.app = FastAPI()

        @self.app.get("/.well-known/openid-configuration")
        def discovery() -> dict[str, str]:
            return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}

        @self.app.get("/jwks")
        def jwks() -> Any:
            return KeySet([self.key]).as_dict(private=False)

    def claims(self, scope: str, **changes: Any) -> dict[str, Any]:
        """The claims of a good token."""
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": "nopsa",
            "sub": "someone",
            "client_id": "someone",
            "scope": scope,
            "iat": now,
            "exp": now + 300,
        } | changes

    def token(
        self,
        scope: str,
        *,
        header: Mapping[str, Any] | None = None,
        key: Any = None,
        **changes: Any,
    ) -> str:
        """A signed token; anything about it may be changed."""
        head = {"alg": "ES256", "typ": "at+jwt", "kid": "mint-1"} | dict(header or {})
        algorithms = [head["alg"]] if head["alg"] != "none" else ["none"]
        return jwt.encode(
            head, self.claims(scope, **changes), key or self.key, algorithms=algorithms
        )

    def headers(self, scope: str, **changes: Any) -> dict[str, str]:
        """The Authorization header of a good token."""
        return {"Authorization": f"Bearer {self.token(scope, **changes)}"}


@asynccontextmanager
async def token_mint() -> AsyncIterator[TokenMint]:
    """A mint whose discovery and keys are served."""
    mint = TokenMint()
    async with served(mint.app) as url:
        mint.url = url
        yield mint
