"""How long a caller may take to say what it wants: who drips is cut off.

A head must be whole soon after its first byte (and a connection must begin one at all); uvicorn
waits for ever. A body must go on: a pause in it is answered 408, and so is one that takes too long
as a whole. The connection stays a while after such an answer: one that closes on a body still
coming is reset, and the answer with it. The gateway keeps slow callers out too; this holds where
there is none.
"""

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.problems import BODY_TOO_SLOW, Problem

HEAD_SECONDS = 10.0
PAUSE_SECONDS = 15.0
BODY_SECONDS = 600.0
"""Enough for the largest file that any route takes, at three megabits a second."""
IDLE_SECONDS = 60.0
"""Between two requests on a connection, whatever else is sent meanwhile; uvicorn's own clock for
that stops at any byte, be it of a body that nobody reads any more."""


class Impatient(HttpToolsProtocol):
    """uvicorn's protocol, which closes a connection on which no head comes."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller came; it must say something."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._wait(HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Another head may come."""
        super().on_response_complete()
        if self.cycle is None or self.cycle.response_complete:
            self._wait(IDLE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller went."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class BodyPatience:
    """Raises `body_too_slow` where a body pauses or takes too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = time.monotonic() + BODY_SECONDS
        whole = False

        async def receive_in_time() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout(min(PAUSE_SECONDS, deadline - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise Problem(BODY_TOO_SLOW) from None
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)
