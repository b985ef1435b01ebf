"""From the pieces of a file to one record a line: a referral's body, or why it is none.

Two readers with the same face, `feed(piece)` and `end()`, for the two formats.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from services.referral.imports.columns import body_of, columns
from services.referral.imports.encoding import UTF_8
from services.referral.imports.rules import MAX_LINE_BYTES, Format
from services.referral.imports.spreadsheet import (
    SEPARATORS,
    Header,
    Row,
    RowReader,
    is_separator_note,
    read_header,
    text_of,
)
from shared.lines import Line, LineCutter
from shared.problems import BODY_TOO_DEEP, FieldError
from shared.web.depth import MAX_DEPTH, nesting_of

_NO_JSON = FieldError("", "malformed_json", "this line is not a JSON object")
_TOO_DEEP = FieldError("", BODY_TOO_DEEP.code, BODY_TOO_DEEP.advice)


@dataclass(frozen=True)
class Record:
    """What stands on a line; `error` when it cannot be read."""

    line: int
    body: Any = None
    error: FieldError | None = None


class FileUnreadableError(Exception):
    """No line of the file can be read; `errors` say why."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        super().__init__("unreadable")
        self.errors = tuple(errors)


class Reader(Protocol):
    """Takes a file in pieces and gives its records. Raises `FileUnreadableError`."""

    def feed(self, piece: bytes) -> Iterator[Record]:
        """The records that this piece completes."""

    def end(self) -> Iterator[Record]:
        """The records that are left."""


def reader_of(format_: Format, encoding: str) -> Reader:
    """The reader for a file; NDJSON is UTF-8 always (RFC 8259)."""
    return CsvReader(encoding) if format_ == Format.CSV else NdjsonReader()


class NdjsonReader:
    """One JSON object a line; lines without any are passed over."""

    def __init__(self) -> None:
        self._cutter = LineCutter(MAX_LINE_BYTES)

    def feed(self, piece: bytes) -> Iterator[Record]:
        """The records that this piece completes."""
        return self._records(self._cutter.feed(piece))

    def end(self) -> Iterator[Record]:
        """The record of a last line without an end."""
        return self._records(self._cutter.end())

    def _records(self, lines: Iterable[Line]) -> Iterator[Record]:
        for line in lines:
            if line.content is None or line.content.strip():
                yield _record_of_json(line)


class CsvReader:
    """A row of column names, then a referral a row; rows without any content are passed over."""

    def __init__(self, encoding: str) -> None:
        self._cutter = LineCutter(MAX_LINE_BYTES)
        self._encoding = encoding
        self._header: Header | None = None
        self._rows: RowReader | None = None

    def feed(self, piece: bytes) -> Iterator[Record]:
        """The records that this piece completes."""
        for line in self._cutter.feed(piece):
            yield from self._take(line)

    def end(self) -> Iterator[Record]:
        """The records that are left."""
        for line in self._cutter.end():
            yield from self._take(line)
        if self._header is None or self._rows is None:
            raise FileUnreadableError(read_header("").errors)
        yield from self._records(self._header, self._rows.end())

    def _take(self, line: Line) -> Iterator[Record]:
        if self._header is None or self._rows is None:
            self._begin(line)
            return
        yield from self._records(self._header, self._rows.feed(line))

    def _begin(self, line: Line) -> None:
        text = text_of(line, self._encoding)
        if isinstance(text, FieldError):
            raise FileUnreadableError([text])
        if not text.strip() or is_separator_note(text):
            return
        header = read_header(text)
        if header.errors:
            raise FileUnreadableError(header.errors)
        self._header = header
        self._rows = RowReader(header, self._encoding)

    def _records(self, header: Header, rows: Iterable[Row]) -> Iterator[Record]:
        for row in rows:
            if row.cells is None:
                yield Record(row.line, error=row.error)
            else:
                yield Record(row.line, body_of(header.names, row.cells))


def template() -> bytes:
    """An empty file with every column, as a Finnish Excel opens it."""
    text = io.StringIO()
    csv.writer(text, delimiter=SEPARATORS[0]).writerow(columns())
    return text.getvalue().encode("utf-8-sig")


def _record_of_json(line: Line) -> Record:
    text = text_of(line, UTF_8)
    if isinstance(text, FieldError):
        return Record(line.number, error=text)
    if nesting_of(text.encode()) > MAX_DEPTH:
        return Record(line.number, error=_TOO_DEEP)
    try:
        body = json.loads(text)
    except ValueError:
        return Record(line.number, error=_NO_JSON)
    return (
        Record(line.number, body) if isinstance(body, dict) else Record(line.number, error=_NO_JSON)
    )
