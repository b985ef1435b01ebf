"""Endpoints that mean no good: raw servers on the loopback address."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Hostile:
    """Where it listens, how many connections it got, and how much it got rid of."""

    port: int = 0
    connections: int = 0
    written: int = 0
    heads: list[bytes] = field(default_factory=list)


async def hang(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


@asynccontextmanager
async def hostile(host: str = "127.0.0.1", **kind: bytes | Behaviour) -> AsyncIterator[Hostile]:
    """A server that reads the head of a request and then writes `answer`, or repeats `flood`
    after it for ever, or does what `behaviour` does."""
    seen = Hostile()
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        seen.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            seen.heads.append(await reader.readuntil(b"\r\n\r\n"))
            await _answer(seen, reader, writer, kind)
        writer.close()

    server = await asyncio.start_server(serve, host, 0)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in filter(None, serving):
            task.cancel()


async def _answer(
    seen: Hostile,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    kind: dict[str, bytes | Behaviour],
) -> None:
    behaviour, answer, flood = kind.get("behaviour"), kind.get("answer"), kind.get("flood")
    if callable(behaviour):
        await behaviour(reader, writer)
        return
    if isinstance(answer, bytes):
        writer.write(answer)
        await writer.drain()
    while isinstance(flood, bytes):
        writer.write(flood)
        await writer.drain()
        seen.written += len(flood)
