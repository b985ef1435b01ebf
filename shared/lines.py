"""A file as it streams in, cut into lines that end in LF or CRLF; only the one in hand is held."""

import codecs
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line without its end; `content` is None when it was longer than the limit."""

    number: int
    content: bytes | None


async def even_pieces(body: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The same bytes in pieces of `size`; the last may be smaller."""
    held = bytearray()
    async for part in body:
        held += part
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


class LineCutter:
    """Takes a file in pieces and gives its lines, counted from 1; drops a byte order mark."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._number = 0
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[Line]:
        """The lines that this piece completes."""
        *complete, rest = piece.split(b"\n")
        for part in complete:
            self._hold(part)
            yield self._cut()
        self._hold(rest)

    def end(self) -> Iterator[Line]:
        """The last line, if it had no end of its own."""
        if self._size:
            yield self._cut()

    def _hold(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._limit:
            self._parts.append(part)
        else:
            self._parts.clear()

    def _cut(self) -> Line:
        content = b"".join(self._parts).removesuffix(b"\r") if self._size <= self._limit else None
        self._parts.clear()
        self._size = 0
        self._number += 1
        if self._number == 1 and content is not None:
            content = content.removeprefix(codecs.BOM_UTF8)
        return Line(self._number, content)
