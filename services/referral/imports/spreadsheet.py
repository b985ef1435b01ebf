"""CSV as spreadsheets write it: the separator, the row of column names, rows over several lines.

A row that cannot be read costs its first line only: reading goes on with the next one.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.referral.imports.columns import columns
from shared.lines import Line
from shared.problems import FieldError

SEPARATORS = (";", ",", "\t")
MAX_ROW_LINES = 100
MAX_WINDOW_CHARACTERS = 256 * 1024
_SEPARATOR_NOTE = "sep="
"""A first line with which Excel is told the separator."""


@dataclass(frozen=True)
class Row:
    """A row and the line it begins on; `cells` is None when `error` says why."""

    line: int
    cells: list[str] | None
    error: FieldError | None = None


@dataclass(frozen=True)
class Header:
    """The separator and the column names; `errors` says why the file cannot be read by them."""

    separator: str
    names: tuple[str, ...]
    errors: tuple[FieldError, ...] = ()


def is_separator_note(line: str) -> bool:
    """Whether the line only tells the separator, which shows anyway."""
    return line.lower().startswith(_SEPARATOR_NOTE) and len(line) <= len(_SEPARATOR_NOTE) + 1


def read_header(line: str) -> Header:
    """The header of a file by its first line: with the separator that gives most known names."""
    candidates = [_header(line, separator) for separator in SEPARATORS]
    return max(candidates, key=lambda header: len(columns().keys() & set(header.names)))


def _header(line: str, separator: str) -> Header:
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        cells = []
    names = tuple(cell.strip().lower() for cell in cells)
    return Header(separator, names, tuple(_header_errors(names)))


def _header_errors(names: Sequence[str]) -> Iterator[FieldError]:
    """Names are not repeated in the texts: without a header they would be somebody's data."""
    if not columns().keys() & set(names):
        detail = "the first line must name the columns, as template.csv does"
        yield FieldError("", "header_missing", detail)
        return
    for position, name in enumerate(names, start=1):
        if name not in columns():
            yield FieldError("", "column_unknown", f"column {position} has no name of ours")
        elif name in names[: position - 1]:
            yield FieldError("", "column_repeated", f"column {position} repeats an earlier one")


class RowReader:
    """Takes decoded lines and gives rows. A small window of lines is held, so that a quote that is
    never closed does not swallow the rest of the file."""

    def __init__(self, header: Header, encoding: str) -> None:
        self._header = header
        self._encoding = encoding
        self._window: list[tuple[int, str | FieldError]] = []
        self._held = 0

    def feed(self, line: Line) -> Iterator[Row]:
        """The rows that are sure to be whole by now."""
        text = text_of(line, self._encoding)
        self._window.append((line.number, text))
        self._held += len(text) if isinstance(text, str) else 0
        while len(self._window) >= MAX_ROW_LINES or self._held > MAX_WINDOW_CHARACTERS:
            yield from self._next_row()

    def end(self) -> Iterator[Row]:
        """The rows that are left."""
        while self._window:
            yield from self._next_row()

    def _next_row(self) -> Iterator[Row]:
        number, first = self._window[0]
        if isinstance(first, FieldError):
            self._drop(1)
            yield Row(number, None, first)
            return
        feed = _Feed(self._window)
        try:
            cells = next(csv.reader(feed, delimiter=self._header.separator, strict=True))
        except csv.Error:
            self._drop(1)
            yield Row(
                number, None, FieldError("", "row_malformed", "a quote is not closed rightly")
            )
            return
        self._drop(feed.taken)
        if any(cell.strip() for cell in cells):
            yield self._checked(number, cells)

    def _checked(self, number: int, cells: list[str]) -> Row:
        wanted = len(self._header.names)
        if len(cells) == wanted:
            return Row(number, cells)
        detail = f"{len(cells)} cells where the header has {wanted}"
        return Row(number, None, FieldError("", "column_count", detail))

    def _drop(self, count: int) -> None:
        for _, text in self._window[:count]:
            self._held -= len(text) if isinstance(text, str) else 0
        del self._window[:count]


class _Feed:
    """Lines of a window as csv.reader draws them; ends before one that could not be decoded."""

    def __init__(self, window: Sequence[tuple[int, str | FieldError]]) -> None:
        self._window = window
        self.taken = 0

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.taken == len(self._window):
            raise StopIteration
        text = self._window[self.taken][1]
        if isinstance(text, FieldError):
            raise StopIteration
        self.taken += 1
        return text + "\n"


def text_of(line: Line, encoding: str) -> str | FieldError:
    """The line as text, or why it is none."""
    if line.content is None:
        return FieldError("", "line_too_long", "a line may have 256 kB, as a referral posted alone")
    try:
        return line.content.decode(encoding)
    except UnicodeDecodeError:
        return FieldError("", "undecodable", "some bytes of this line are not text in its encoding")
