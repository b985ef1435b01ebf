"""A file as it streams in, cut into lines, and the encoding those lines are written in.

Lines end in LF or CRLF. Nothing but the line in hand is held.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

UTF_8 = "utf-8"
WINDOWS_1252 = "cp1252"
_CHARSETS = {
    "utf-8": UTF_8,
    "utf8": UTF_8,
    "us-ascii": UTF_8,
    "windows-1252": WINDOWS_1252,
    "cp1252": WINDOWS_1252,
    "iso-8859-1": WINDOWS_1252,
    "latin1": WINDOWS_1252,
}
"""What is called ISO 8859-1 is read as Windows-1252, as browsers do (WHATWG Encoding)."""


@dataclass(frozen=True)
class Line:
    """One line without its end; `content` is None when it was longer than the limit."""

    number: int
    content: bytes | None


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


class EncodingVote:
    """Tells UTF-8 from Windows-1252 by how most lines with other than ASCII read.

    One broken line in a UTF-8 file so stays one broken line, instead of turning every ä into Ã¤.
    """

    def __init__(self) -> None:
        self._utf_8 = 0
        self._other = 0

    def see(self, content: bytes) -> None:
        """Counts a line."""
        if content.isascii():
            return
        try:
            content.decode(UTF_8)
        except UnicodeDecodeError:
            self._other += 1
        else:
            self._utf_8 += 1

    @property
    def winner(self) -> str:
        """The encoding, as Python names it."""
        return WINDOWS_1252 if self._other > self._utf_8 else UTF_8


def encoding_of_charset(charset: str) -> str | None:
    """The encoding that a `charset` parameter names; None when it is not taken."""
    return _CHARSETS.get(charset.strip().strip('"').lower())
