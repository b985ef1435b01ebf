"""Calls to a service of a running stack in the name of one of the region's clients."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from deploy.cli.running import fail
from deploy.local.stack import fetch_token

TOKEN_SECONDS = 60.0
ATTEMPTS = 5
TRY_AGAIN = {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}


class Client:
    """One client of one service. A call that met a busy or restarting service is repeated: give
    what creates an Idempotency-Key."""

    def __init__(self, stack: Mapping[str, Any], name: str, service: str = "referral") -> None:
        if name not in stack["clients"]:
            raise fail(f"There is no client {name}. There are: {', '.join(stack['clients'])}")
        self._issuer = stack["issuer"]
        self._client = stack["clients"][name]
        self._http = httpx.Client(base_url=stack["services"][service], timeout=60)
        self._token = ""
        self._token_at = -TOKEN_SECONDS

    def get(self, path: str) -> dict[str, Any]:
        """The JSON at a path. Raises `httpx.HTTPError`."""
        return self._read("GET", path)

    def post(self, path: str, **sent: Any) -> dict[str, Any]:
        """Posts; the JSON of the answer. Raises `httpx.HTTPError`."""
        return self._read("POST", path, **sent)

    def download(self, path: str, file: Path, accept: str) -> Mapping[str, str]:
        """Writes what is at a path to a file, piece by piece; the answer's headers. A file that
        is there is replaced when the new one is whole. Raises `httpx.HTTPError`."""
        headers = {"Authorization": f"Bearer {self._fresh()}", "Accept": accept}
        draft = file.with_name(f".{file.name}.part")
        with self._http.stream("GET", path, headers=headers) as answer:
            if answer.is_error:
                answer.read()
            answer.raise_for_status()
            with draft.open("wb") as content:
                for piece in answer.iter_bytes():
                    content.write(piece)
        draft.replace(file)
        return answer.headers

    def call(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """The answer, good or not. Raises `httpx.HTTPError` when there is none."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                headers = {**sent.get("headers", {}), "Authorization": f"Bearer {self._fresh()}"}
                answer = self._http.request(method, path, **{**sent, "headers": headers})
            except httpx.TransportError:
                if attempt == ATTEMPTS:
                    raise
                time.sleep(attempt)
                continue
            if answer.status_code not in TRY_AGAIN or attempt == ATTEMPTS:
                break
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        return answer

    def _read(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        answer = self.call(method, path, **sent)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def _fresh(self) -> str:
        if time.monotonic() - self._token_at > TOKEN_SECONDS:
            self._token = fetch_token(self._issuer, self._client)
            self._token_at = time.monotonic()
        return self._token


def reason_of(answer: httpx.Response) -> str:
    """Why a call was refused, in the problem's own words."""
    problem: dict[str, Any] = answer.json()
    details = [error["detail"] for error in problem.get("errors", [])]
    return "; ".join([problem["title"], *(details or [problem["detail"]])])
