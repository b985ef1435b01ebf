"""The chain of the disclosure log, and what proves that it is whole; pure.

A row's hash is SHA-256 over the hash of the row before and the row's own canonical form. So a row
that is changed, taken out, put in or moved shows at its place, whoever did it, unless all hashes
behind it are made anew; then every mark that was noted before (a seal, or a head that somebody
wrote down elsewhere) shows it. What nobody noted yet, the newest rows since the last such mark, is
proven by the head alone, which lies in the same database.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

FORM = "nopsa disclosure log v1"
GENESIS = sha256(FORM.encode()).digest()
"""What the first row's hash is chained to."""

FIELDS = (
    "number",
    "id",
    "noted_at",
    "occurred_at",
    "client_ref",
    "service",
    "audit_id",
    "actor",
    "org",
    "worker",
    "action",
    "subject_type",
    "subject_id",
    "data_class",
    "purpose",
    "basis",
    "trace_id",
)
"""What of a row is chained: everything."""

Value = UUID | datetime | str | int | None
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Mark:
    """How many rows there were, and the hash of the last one."""

    rows: int
    hash: bytes


BEGINNING = Mark(0, GENESIS)


@dataclass(frozen=True)
class Line:
    """A row as it was found, with the hash that was found with it."""

    number: int
    row: Row
    hash: bytes


class Fault(StrEnum):
    """What is wrong at the first row that is not as it was written."""

    CHANGED = "changed"
    MISSING = "missing"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    UNACCOUNTED = "unaccounted"


@dataclass(frozen=True)
class Broken:
    """The number of the first such row, and its fault."""

    number: int
    fault: Fault


def canonical(row: Row) -> bytes:
    """The one form of a row: JSON in ASCII, names in order, nothing between; moments in UTC to the
    microsecond, ids in lower case, what is not there as null."""
    told = {name: _text(value) for name, value in row.items()}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")


def chained(previous: bytes, row: Row) -> bytes:
    """The hash of a row behind the row with this hash."""
    return sha256(previous + canonical(row)).digest()


def walk(behind: Mark, lines: Iterable[Line], known: Iterable[Mark]) -> tuple[Mark, Broken | None]:
    """Goes on from a mark over the lines that follow it: how far they are whole, and what broke
    first. `known` are marks that the log is known to have had."""
    anchors: dict[int, set[bytes]] = {}
    for mark in known:
        anchors.setdefault(mark.rows, set()).add(mark.hash)
    for line in lines:
        number = behind.rows + 1
        if line.number != number:
            return behind, Broken(number, Fault.MISSING)
        if chained(behind.hash, line.row) != line.hash:
            return behind, Broken(number, Fault.CHANGED)
        if anchors.get(number, {line.hash}) != {line.hash}:
            return behind, Broken(number, Fault.REWRITTEN)
        behind = Mark(number, line.hash)
    return behind, None


def start_fault(start: Mark, found: bytes | None, last_row: int) -> Broken | None:
    """What is wrong with the row that a walk begins behind, found with this hash or not at all."""
    if start.rows == 0 or found == start.hash:
        return None
    if found is not None:
        return Broken(start.rows, Fault.REWRITTEN)
    gone = start.rows > last_row
    return Broken(last_row + 1 if gone else start.rows, Fault.TRUNCATED if gone else Fault.MISSING)


def end_fault(reached: Mark, last_row: int, head: Mark, known: Iterable[Mark]) -> Broken | None:
    """What is wrong at the end of a log that is whole up to `reached`, where `last_row` is the
    highest number there is; it must hold its head and every mark that is known, and no more."""
    if reached.rows < max([head.rows, *(mark.rows for mark in known)]):
        return Broken(reached.rows + 1, Fault.TRUNCATED)
    return Broken(head.rows + 1, Fault.UNACCOUNTED) if last_row > head.rows else None


def _text(value: Value) -> str | int | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value
