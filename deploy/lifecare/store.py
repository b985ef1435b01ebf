"""What the record system keeps: one SQLite file. Every change is one transaction.

`seen` is the version of the last event that was followed; whatever comes again with that version
or an older one is known already, however often the topic repeats itself.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.lifecare.events import Ready

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL UNIQUE,
    client_ref TEXT NOT NULL,
    kind TEXT NOT NULL,
    seen INTEGER NOT NULL,
    version INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB,
    stored_at TEXT NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0,
    withdrawn_at TEXT
);
CREATE TABLE IF NOT EXISTS set_aside (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (topic, partition, offset)
);
"""

_FIND = "SELECT * FROM documents WHERE document_id = ?"
_KEEP = """
    INSERT INTO documents (document_id, client_ref, kind, seen, version, media_type, content,
                           stored_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (document_id) DO UPDATE SET
        seen = excluded.seen, version = excluded.version, media_type = excluded.media_type,
        content = excluded.content, stored_at = excluded.stored_at, confirmed = 0,
        withdrawn_at = NULL
"""


@dataclass(frozen=True)
class Kept:
    """A document as this record keeps it; `version` counts its texts."""

    number: int
    document_id: str
    seen: int
    version: int
    stored_at: str
    confirmed: bool
    withdrawn: bool


@dataclass(frozen=True)
class Text:
    """A text as it was read."""

    version: int
    media_type: str
    content: bytes


class Store:
    """The documents of this record, and the messages that nobody could follow."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_SCHEMA)

    def find(self, document_id: str) -> Kept | None:
        """A document, if this record has it or had it."""
        row = self._db.execute(_FIND, (document_id,)).fetchone()
        return None if row is None else _kept(row)

    def keep(self, ready: Ready, text: Text) -> Kept:
        """Stores a text, over the one before; it is not confirmed yet."""
        values = (
            ready.document_id,
            str(ready.client_ref),
            ready.kind,
            ready.version,
            text.version,
            text.media_type,
            text.content,
            _now(),
        )
        with self._db:
            self._db.execute(_KEEP, values)
        row = self._db.execute(_FIND, (ready.document_id,)).fetchone()
        return _kept(row)

    def confirmed(self, document_id: str, version: int) -> None:
        """nopsa has the receipt for this text."""
        with self._db:
            self._db.execute(
                "UPDATE documents SET confirmed = 1 WHERE document_id = ? AND version = ?",
                (document_id, version),
            )

    def withdraw(self, document_id: str, seen: int) -> None:
        """Takes the content out; that it was here stays known."""
        with self._db:
            self._db.execute(
                """
                UPDATE documents SET seen = ?, content = NULL, withdrawn_at = ?
                WHERE document_id = ? AND seen < ?
                """,
                (seen, _now(), document_id, seen),
            )

    def set_aside(self, topic: str, partition: int, offset: int, reason: str) -> None:
        """Notes a message that nobody could follow, for people to look at."""
        with self._db:
            self._db.execute(
                "INSERT OR IGNORE INTO set_aside VALUES (?, ?, ?, ?, ?)",
                (topic, partition, offset, reason, _now()),
            )

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(
        row["number"],
        row["document_id"],
        row["seen"],
        row["version"],
        row["stored_at"],
        bool(row["confirmed"]),
        row["withdrawn_at"] is not None,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()
