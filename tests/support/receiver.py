"""A partner's webhook endpoint: a real server that verifies every message with the library."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.servers import served


@dataclass(frozen=True)
class Message:
    """One request, as it came; `verified_by` are the known secrets whose signature it bears."""

    path: str
    id: str
    headers: dict[str, str]
    body: dict[str, Any]
    verified_by: tuple[str, ...]

    @property
    def status(self) -> tuple[str, str | None]:
        """What a status message tells."""
        return self.body["data"]["status"], self.body["data"]["business_status"]

    @property
    def referral(self) -> str:
        """Which referral it tells of."""
        return str(self.body["data"]["id"])


Answer = Callable[[Message], Awaitable[Response]]


def always(status: int, **headers: str) -> Answer:
    """Answers every message with this status."""

    async def answer(_: Message) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response(status_code=status, headers=named)

    return answer


async def held(until: asyncio.Event) -> None:
    """Holds an answer back until then, but not for ever: a test that fails must end."""
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            await until.wait()


def failing_first(times: int, **headers: str) -> Answer:
    """Fails so many times, then takes everything."""
    left = times

    async def answer(message: Message) -> Response:
        nonlocal left
        left -= 1
        return await always(503 if left >= 0 else 204, **(headers if left >= 0 else {}))(message)

    return answer


@dataclass
class Receiver:
    """Takes messages at any path. What it answers can be changed at any time."""

    url: str = ""
    secrets: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    answer: Answer = field(default_factory=lambda: always(204))
    in_flight: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_in_flight: int = 0

    async def take(self, request: Request) -> Response:
        """One message."""
        message = self._read(request.url.path, dict(request.headers), await request.body())
        self.messages.append(message)
        key = message.body["data"].get("id", "ping")
        self.in_flight[key] += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight[key])
        try:
            return await self.answer(message)
        finally:
            self.in_flight[key] -= 1

    def _read(self, path: str, headers: dict[str, str], body: bytes) -> Message:
        good = tuple(secret for secret in self.secrets if _verifies(secret, body, headers))
        return Message(path, headers["webhook-id"], headers, json.loads(body), good)

    async def wait_for(self, count: int, seconds: float = 20.0) -> list[Message]:
        """The messages, once so many are there."""
        async with asyncio.timeout(seconds):
            while len(self.messages) < count:
                await asyncio.sleep(0.01)
        return self.messages


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


@dataclass
class Reception:
    """A server for receivers, one after another: what comes late for one never gets to the next."""

    url: str
    receivers: dict[str, Receiver] = field(default_factory=dict)

    def receiver(self) -> Receiver:
        """A new receiver at an address of its own."""
        place = str(len(self.receivers))
        self.receivers[place] = Receiver(f"{self.url}/{place}")
        return self.receivers[place]


@asynccontextmanager
async def receiving() -> AsyncIterator[Reception]:
    """The server, on the loopback address."""
    app = FastAPI()
    reception = Reception("")

    @app.post("/{place}/{path:path}")
    async def take(place: str, request: Request) -> Response:
        return await reception.receivers[place].take(request)

    async with served(app) as url:
        reception.url = url
        yield reception
