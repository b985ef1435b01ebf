"""The running product, called as its users call it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from deploy.local.stack import Stack
from shared.ids import new_id
from tests.support.bodies import new_key

Found = TypeVar("Found")
TOKEN_LIVES_SECONDS = 300


@dataclass
class House:
    """Calls to the services in the name of the demo region's clients."""

    stack: Stack
    http: httpx.AsyncClient
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)

    def headers(self, who: str) -> dict[str, str]:
        """Authorization of a client, with a token that is fresh enough."""
        token, fetched = self._tokens.get(who, ("", 0.0))
        if time.monotonic() - fetched > TOKEN_LIVES_SECONDS:
            token = self.stack.token(who)
            self._tokens[who] = (token, time.monotonic())
        return {"Authorization": f"Bearer {token}"}

    async def get(self, who: str, service: str, path: str, **query: Any) -> httpx.Response:
        """GET as a client."""
        url = self.stack.urls[service] + path
        return await self.http.get(url, params=query, headers=self.headers(who))

    async def post(
        self, who: str, service: str, path: str, body: Any, **headers: str
    ) -> httpx.Response:
        """POST as a client, under a new idempotency key unless one is given."""
        url = self.stack.urls[service] + path
        sent = self.headers(who) | new_key() | {k.replace("_", "-"): v for k, v in headers.items()}
        return await self.http.post(url, json=body, headers=sent)

    async def put(self, who: str, service: str, path: str, body: Any) -> None:
        """PUT of something new as a client."""
        url = self.stack.urls[service] + path
        answer = await self.http.put(url, json=body, headers=self.headers(who))
        answer.raise_for_status()

    async def new_team(self, county: str, municipality: str, *, capacity_points: int = 18) -> str:
        """A team of a test's own with one worker, for a place that no other team serves; its id."""
        team, worker = str(new_id()), str(new_id())
        body = {"name": "Team", "county": county, "municipalities": [municipality]}
        await self.put("admin", "caseload", f"/v1/teams/{team}", body)
        person = {
            "team": team,
            "profession": "social_worker",
            "employer_sector": "social",
            "capacity_points": capacity_points,
        }
        await self.put("admin", "caseload", f"/v1/workers/{worker}", person)
        return team

    async def give_room(self, worker: str, *, capacity_points: int) -> None:
        """Changes how much a worker can carry."""
        path = f"/v1/workers/{worker}"
        read = await self.get("admin", "caseload", path)
        body = read.json() | {"capacity_points": capacity_points}
        known = {name: value for name, value in body.items() if name not in ("id", "absences")}
        url = self.stack.urls["caseload"] + path
        headers = self.headers("admin") | {"If-Match": read.headers["etag"]}
        answer = await self.http.put(url, json=known, headers=headers)
        answer.raise_for_status()

    async def refer(self, who: str, body: dict[str, Any]) -> str:
        """Posts a referral; its id."""
        answer = await self.post(who, "referral", "/v1/referrals", body)
        answer.raise_for_status()
        return str(answer.json()["id"])


async def eventually(
    look: Callable[[], Awaitable[Found | None]], *, seconds: float = 30.0
) -> Found:
    """The first thing that `look` finds that is not None or empty. Raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.1)
