"""The demo's callers, each with its own token, and how the demo waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from deploy.local.stack import Stack

Found = TypeVar("Found")

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.1


class DidNotArrive(RuntimeError):
    """Something did not arrive in time; the message says what and where."""


class Callers:
    """Calls to the services in the name of the region's clients, by the client's name."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._http = httpx.Client(timeout=30, headers={"Accept-Language": "en"})
        self._tokens: dict[str, str] = {}

    def get(self, who: str, service: str, path: str) -> dict[str, Any]:
        """What is read there."""
        return self.read(who, service, path)[0]

    def read(self, who: str, service: str, path: str) -> tuple[dict[str, Any], str | None]:
        """What is read there, and its ETag."""
        answer = self._http.get(self.stack.urls[service] + path, headers=self._headers(who))
        answer.raise_for_status()
        return answer.json(), answer.headers.get("ETag")

    def text(self, who: str, service: str, path: str, accept: str) -> str:
        """What is read there in another media type."""
        headers = self._headers(who) | {"Accept": accept}
        answer = self._http.get(self.stack.urls[service] + path, headers=headers)
        answer.raise_for_status()
        return answer.text

    def post(
        self,
        who: str,
        service: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        etag: str | None = None,
    ) -> dict[str, Any]:
        """The answer to something new, or to a change of what was read with this ETag."""
        headers = self._headers(who) | {"Idempotency-Key": str(uuid4())}
        if etag is not None:
            headers["If-Match"] = etag
        url = self.stack.urls[service] + path
        answer = self._http.post(url, json=body, headers=headers)
        answer.raise_for_status()
        return dict(answer.json())

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _headers(self, who: str) -> dict[str, str]:
        if who not in self._tokens:
            self._tokens[who] = self.stack.token(who)
        return {"Authorization": f"Bearer {self._tokens[who]}"}


def wait_for(what: str, look: Callable[[], Found | None]) -> Found:
    """The first thing that `look` finds. Raises `DidNotArrive`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(POLL_SECONDS)
    raise DidNotArrive(f"{what} did not come within {PATIENCE_SECONDS:.0f} seconds.")
