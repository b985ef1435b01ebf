"""Referrals at a constant rate over connections of our own, which cost less than an HTTP client."""

import asyncio
import json
from contextlib import suppress
from datetime import date
from itertools import count
from uuid import uuid4

from tests.benchmarks.pace import Latency, at_rate
from tests.support.bodies import made_up_codes, referral_body

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_codes = made_up_codes(date(1930, 1, 1))
_numbers = count(1)


class Connections:
    """Kept open between requests; as many as are needed at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Stream] = []

    async def post(self, request: bytes) -> None:
        """Fails unless the answer is 201."""
        reader, writer = await self._one()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        answer = await reader.readexactly(length)
        assert head.startswith(b"http/1.1 201"), (head[:60], answer[:300])
        self._free.append((reader, writer))

    async def close(self) -> None:
        """Ends them."""
        for _, writer in self._free:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _one(self) -> Stream:
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():  # Servers end those that rest for some seconds.
                return reader, writer
        return await asyncio.open_connection("127.0.0.1", self._port)


async def latency_of(port: int, token: str, per_second: float, seconds: float) -> Latency:
    """How long answers take at this rate, each request of another person."""
    connections = Connections(port)
    ready = [request(token) for _ in range(int(per_second * seconds))]
    try:
        return await at_rate(
            lambda nth: connections.post(ready[nth]), per_second=per_second, seconds=seconds
        )
    finally:
        await connections.close()


def request(token: str) -> bytes:
    """A referral of another made-up person than all others, under a key of its own."""
    number = next(_numbers)
    person = {
        "identity_code": next(_codes),
        "given_name": f"Etu{_word(number)}",
        "family_name": f"Suku{_word(number * 7919)}",
        "phone": f"+358 50 {number:07}",
    }
    body = json.dumps(referral_body(client=person)).encode()
    return (
        "POST /v1/referrals HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: {uuid4()}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _word(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(5))
