"""A TCP proxy that cuts connections half way: after some bytes of a request, or of an answer."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

CHUNK = 65_536
Direction = Literal["up", "down"]


@dataclass
class Cut:
    """From now on every connection ends after so many more bytes that way (`up`: to the server)."""

    way: Direction
    after: int
    done: int = 0
    _passed: Counter[int] = field(default_factory=Counter)

    def allows(self, connection: int, way: Direction, size: int) -> int:
        """How many of these bytes still pass."""
        if way != self.way:
            return size
        left = max(0, self.after - self._passed[connection])
        self._passed[connection] += size
        self.done += left < size
        return min(left, size)


class Proxy:
    """Passes everything on to a port of this machine, until there is a cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._made = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.cut: Cut | None = None
        self.port = 0

    async def start(self) -> None:
        """Listens on a free port from now on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Ends every connection and listens no more."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, inner: asyncio.StreamReader, outer: asyncio.StreamWriter) -> None:
        self._made += 1
        number = self._made
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            outer.transport.abort()
            return
        pumps = {
            asyncio.create_task(self._pump(number, "up", inner, writer)),
            asyncio.create_task(self._pump(number, "down", reader, outer)),
        }
        self._tasks |= pumps
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self._tasks -= pumps
            for side in (writer, outer):
                side.transport.abort() if self.cut else side.close()

    async def _pump(
        self,
        number: int,
        way: Direction,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                passed = self.cut.allows(number, way, len(data)) if self.cut else len(data)
                writer.write(data[:passed])
                await writer.drain()
                if passed < len(data):
                    return
