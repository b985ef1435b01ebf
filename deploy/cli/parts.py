"""Splits a file of referrals into parts that the import takes, each between two referrals.

Every part of a CSV file begins with the file's own header. A part remembers where it stood, so
that a line of it can be told by its number in the whole file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

PART_BYTES = 4 * 1024 * 1024
PART_LINES = 50_000
"""Both under what the import takes at a time (5 MB, 100 000 lines)."""
LINE_BYTES = 512 * 1024
"""No referral is so long: the import refuses what is left of such a line."""


@dataclass
class Part:
    """Content to send. Its line `header_lines + 1` is the line `first_line` of the file."""

    first_line: int
    header: bytes = b""
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    quotes: int = 0

    @property
    def content(self) -> bytes:
        """What to send."""
        return self.header + b"".join(self.lines)

    @property
    def last_line(self) -> int:
        """The number in the whole file of its last line."""
        return self.first_line + len(self.lines) - 1

    def line_in_file(self, line: int) -> int:
        """The number in the whole file of a line of this part."""
        return self.first_line + line - self.header.count(b"\n") - 1

    def add(self, line: bytes) -> None:
        """Takes one more line."""
        self.lines.append(line)
        self.size += len(line)
        self.quotes += line.count(b'"')


def split(file: Iterable[bytes], *, csv: bool, part_bytes: int = PART_BYTES) -> Iterator[Part]:
    """The parts of a file, given line by line.

    A row of CSV may go over several lines: it is cut only where every quote before is closed, or
    where a part has become longer, for lack of such a place, than any row can be.
    """
    header = b""
    part = Part(first_line=1)
    for number, whole_line in enumerate(file, start=1):
        line = _shortened(whole_line)
        if _is_full(part, line, csv, part_bytes):
            yield part
            part = Part(first_line=number, header=header)
        if csv and not header and _is_header(line):
            header = line
        part.add(line)
    if part.lines:
        yield part


def _is_full(part: Part, line: bytes, csv: bool, part_bytes: int) -> bool:
    size = part.size + len(line)
    if not part.lines or (size <= part_bytes and len(part.lines) < PART_LINES):
        return False
    between_rows = not csv or part.quotes % 2 == 0
    return between_rows or size > part_bytes + LINE_BYTES


def _is_header(line: bytes) -> bool:
    """Whether the line has content and is not Excel's note on the separator."""
    text = line.removeprefix(b"\xef\xbb\xbf").strip().lower()
    return bool(text) and not text.startswith(b"sep=")


def _shortened(line: bytes) -> bytes:
    return line if len(line) <= LINE_BYTES else line[:LINE_BYTES] + b"\n"
