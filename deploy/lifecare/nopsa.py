"""A token, and the two calls: read a text, send a receipt.

What may go better later raises `Later`; what never will raises `Refused`. Nothing else is raised.
"""

import base64
import time
from hashlib import sha256
from typing import Any

import httpx

from deploy.lifecare.settings import Settings
from deploy.lifecare.store import Text

EARLY_SECONDS = 30.0
"""A token is renewed so long before it ends."""
TIMEOUT_SECONDS = 20.0
UNKNOWN, CONFLICT, UNFIT = 404, 409, 422


class Later(Exception):
    """Try again, after so many seconds if nopsa said how many."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Refused(Exception):
    """nopsa will never take it; the text is its own code for why."""


class Nopsa:
    """nopsa as a record system meets it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, verify=settings.trust())
        self._token = ""
        self._token_until = 0.0

    async def read(self, path: str, trace: dict[str, str]) -> Text | None:
        """The text that is there now; None where it may not be read (any more)."""
        answer = await self._call("GET", path, trace)
        if answer.status_code == UNKNOWN:
            return None
        _raise_refusal(answer)
        digest = base64.b64encode(sha256(answer.content).digest()).decode()
        if answer.headers.get("Repr-Digest") != f"sha-256=:{digest}:":
            raise Later("the text did not arrive whole")
        media_type = answer.headers["Content-Type"].partition(";")[0]
        return Text(int(answer.headers["Document-Version"]), media_type, answer.content)

    async def confirm(
        self, document_id: str, receipt: dict[str, Any], trace: dict[str, str]
    ) -> None:
        """Sends a receipt. The same one may be sent as often as one likes."""
        path = f"/v1/documents/{document_id}/receipts"
        _raise_refusal(await self._call("POST", path, trace, json=receipt))

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _call(
        self, method: str, path: str, trace: dict[str, str], **sent: Any
    ) -> httpx.Response:
        url = self._settings.consent_url.rstrip("/") + path
        try:
            headers = {**trace, "Authorization": f"Bearer {await self._fresh_token()}"}
            answer = await self._http.request(method, url, headers=headers, **sent)
        except httpx.HTTPError as error:
            raise Later(type(error).__name__) from None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._token_until = 0.0
        return answer

    async def _fresh_token(self) -> str:
        if time.monotonic() < self._token_until:
            return self._token
        issuer = self._settings.issuer.rstrip("/")
        found = await self._http.get(f"{issuer}/.well-known/openid-configuration")
        found.raise_for_status()
        answer = await self._http.post(
            found.json()["token_endpoint"],
            data={"grant_type": "client_credentials"},
            auth=(self._settings.client_id, self._settings.client_secret.get_secret_value()),
        )
        answer.raise_for_status()
        granted = answer.json()
        self._token = str(granted["access_token"])
        lives = float(granted.get("expires_in", 60)) - EARLY_SECONDS
        self._token_until = time.monotonic() + max(lives, 1.0)
        return self._token


def _raise_refusal(answer: httpx.Response) -> None:
    """A refusal of the content is for ever. Of everything else (too many calls, a fault over there,
    a token or a right that is not there yet) somebody may still mend it."""
    if answer.is_success:
        return
    if answer.status_code in (UNKNOWN, CONFLICT, UNFIT):
        raise Refused(str(answer.json().get("code", answer.status_code)))
    wait = answer.headers.get("Retry-After", "")
    raise Later(f"answer {answer.status_code}", float(wait) if wait.isdecimal() else None)
