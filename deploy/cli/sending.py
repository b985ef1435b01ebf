"""A file sent part by part to an import of a service, each part followed to its last line."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.cli.calling import Client
from deploy.cli.parts import Part, split

NDJSON, CSV = "application/x-ndjson", "text/csv"
POLL_SECONDS = 0.3
BROKE_DOWN = "the service broke down over it; send the file again"


@dataclass(frozen=True)
class Destination:
    """The import of a service that takes the file; `query` goes with every part."""

    client: Client
    path: str
    media_type: str
    query: str = ""


@dataclass
class Account:
    """What became of the whole file."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, list[dict[str, str]]]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def send(destination: Destination, file: Path, console: Console) -> Account:
    """Sends the file under a progress bar. Raises `httpx.HTTPError`."""
    account = Account()
    with file.open("rb") as counted:
        total = sum(1 for _ in counted)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, TimeRemainingColumn(), console=console) as progress,
        file.open("rb") as lines,
    ):
        task = progress.add_task("lines", total=total)
        for part in split(lines, csv=destination.media_type == CSV):
            for done in _send_part(destination, part, account):
                progress.update(task, completed=done)
    return account


def _send_part(destination: Destination, part: Part, account: Account) -> Iterator[int]:
    """Sends a part and adds to the account what became of it; tells how far it is meanwhile."""
    client, path = destination.client, destination.path
    headers = {"Content-Type": destination.media_type, "Idempotency-Key": str(uuid4())}
    job = client.post(path + destination.query, content=part.content, headers=headers)
    while job["state"] not in ("done", "failed"):
        yield part.first_line + job["counts"]["lines"]
        time.sleep(POLL_SECONDS)
        job = client.get(f"{path}/{job['id']}")
    account.counts.update(job["counts"])
    account.unreadable += _faults(job)
    for item in _refused(destination, job):
        account.refused.append((part.line_in_file(item["line"]), item["errors"]))
    yield part.last_line


def _faults(job: Mapping[str, Any]) -> list[str]:
    """Why the part as a whole was not taken."""
    if job["state"] != "failed":
        return []
    return [error["detail"] for error in job.get("errors", [])] or [BROKE_DOWN]


def _refused(destination: Destination, job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    path = f"{destination.path}/{job['id']}/results?outcome=refused&limit=200"
    cursor = ""
    while True:
        page = destination.client.get(path + cursor)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"
