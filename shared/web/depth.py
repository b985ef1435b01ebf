"""How deep a JSON body may nest; a deeper one is refused before anybody parses it.

Brackets are counted as the bytes come in, nothing is kept. A body of many documents (NDJSON) is
none of this middleware's: one bad line must not stop the others, so its reader asks `nesting_of`
line by line.
"""

import re
from itertools import accumulate

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import BODY_TOO_DEEP, Problem
from shared.web.conventions import is_json

MAX_DEPTH = 32

_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_BRACKETS = b"[{]}"
_STEPS = bytes.maketrans(_BRACKETS, b"\x01\x01\xff\xff")
_OTHERS = bytes(byte for byte in range(256) if byte not in _BRACKETS)


class Nesting:
    """The nesting of one JSON text that is fed in pieces, cut anywhere."""

    def __init__(self) -> None:
        self.deepest = 0
        self._depth = 0
        self._in_string = False
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        """Goes on with the next piece; `deepest` is then the deepest level so far."""
        text = _ESCAPED.sub(b"", self._rest + piece)
        self._rest = b"\\" if text.endswith(b"\\") else b""
        parts = text.split(b'"')
        outside = b"".join(parts[1::2] if self._in_string else parts[::2])
        self._in_string ^= len(parts) % 2 == 0
        steps = memoryview(outside.translate(_STEPS, _OTHERS)).cast("b")
        depths = [*accumulate(steps, initial=self._depth)]
        self._depth = depths[-1]
        self.deepest = max(self.deepest, max(depths))


def nesting_of(document: bytes) -> int:
    """How deep a whole JSON document nests."""
    nesting = Nesting()
    nesting.feed(document)
    return nesting.deepest


class BodyDepth:
    """Refuses a JSON body that nests deeper than `MAX_DEPTH` with `body_too_deep`, as soon as
    that much of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not is_json(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        nesting = Nesting()

        async def counted() -> Message:
            message = await receive()
            nesting.feed(message.get("body", b""))
            if nesting.deepest > MAX_DEPTH:
                raise Problem(BODY_TOO_DEEP)
            return message

        await self._app(scope, counted, send)
