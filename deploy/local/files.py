"""The data folder: private files, secrets that last, and the lock that keeps it to one stack.

A file is either as it was or as it should be, never half written.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO


class FolderInUse(RuntimeError):
    """Another running stack has this data folder."""


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step; only its owner can read it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class Secrets:
    """Passwords and keys by name, made once and kept for the life of the data folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str, make: Callable[[], str]) -> str:
        """The secret of that name; `make` gives it the first time it is asked for."""
        if name not in self._values:
            self._values[name] = make()
            write_private(self._path, json.dumps(self._values, indent=2))
        return self._values[name]


class FolderLock:
    """Held while a stack runs on the folder; the system lets go of it when the process dies."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock, or say in plain words who has the folder."""
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise FolderInUse(
                f"Another nopsa is running on {self._path.parent}. "
                "Stop it first, or choose another folder with --data-dir."
            ) from None
        self._file = file

    def release(self) -> None:
        """Let the next stack have the folder."""
        if self._file is not None:
            self._file.close()
            self._file = None
