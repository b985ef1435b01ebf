"""`nopsa import`: a file of referrals of any size, sent in a partner's name.

Exit code 0 if no line was refused, 2 otherwise, 1 if the file could not be sent at all.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.cli.calling import Client, reason_of
from deploy.cli.parts import Part, split
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail, running_stack

NDJSON, CSV = "application/x-ndjson", "text/csv"
CHARACTERS_TO_TELL = 64
POLL_SECONDS = 0.3
SHOWN_LINES = 100
REFUSED_EXIT = 2

console = Console(highlight=False)


@dataclass
class Account:
    """What became of the whole file."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, list[dict[str, str]]]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def import_file(
    file: Annotated[Path, typer.Argument(help="NDJSON or CSV.", exists=True, dir_okay=False)],
    as_: Annotated[str, typer.Option("--as", help="The client to send as: prison, ward ...")],
    dry_run: Annotated[bool, typer.Option(help="Only check every line; take none.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Send a file of referrals to a running stack and tell what became of each line."""
    client = Client(running_stack(data_dir), as_)
    try:
        account = _send(client, file, dry_run)
    except httpx.HTTPStatusError as error:
        raise fail(f"The file was not taken: {reason_of(error.response)}") from error
    except httpx.HTTPError as error:
        raise fail(f"The stack on {data_dir} did not answer; is it running? ({error})") from error
    _show(account, dry_run)
    if account.refused or account.unreadable:
        raise typer.Exit(REFUSED_EXIT)


def _send(client: Client, file: Path, dry_run: bool) -> Account:
    account = Account()
    media_type = _media_type(file)
    with file.open("rb") as counted:
        total = sum(1 for _ in counted)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, TimeRemainingColumn(), console=console) as progress,
        file.open("rb") as lines,
    ):
        task = progress.add_task("lines", total=total)
        for part in split(lines, csv=media_type == CSV):
            for done in _send_part(client, part, media_type, dry_run, account):
                progress.update(task, completed=done)
    return account


def _send_part(
    client: Client, part: Part, media_type: str, dry_run: bool, account: Account
) -> Iterator[int]:
    """Sends a part and adds to the account what became of it; tells how far it is meanwhile."""
    query = "?dry_run=true" if dry_run else ""
    headers = {"Content-Type": media_type, "Idempotency-Key": str(uuid4())}
    job = client.post(f"/v1/referral-imports{query}", content=part.content, headers=headers)
    while job["state"] not in ("done", "failed"):
        yield part.first_line + job["counts"]["lines"]
        time.sleep(POLL_SECONDS)
        job = client.get(f"/v1/referral-imports/{job['id']}")
    account.counts.update(job["counts"])
    account.unreadable += [error["detail"] for error in job["errors"]]
    for item in _refused(client, job):
        account.refused.append((part.line_in_file(item["line"]), item["errors"]))
    yield part.last_line


def _refused(client: Client, job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    path = f"/v1/referral-imports/{job['id']}/results?outcome=refused&limit=200"
    cursor = ""
    while True:
        page = client.get(path + cursor)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"


def _media_type(file: Path) -> str:
    """By the file's name; else by whether its first character begins a JSON object."""
    suffixes = {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON}
    if file.suffix.lower() in suffixes:
        return suffixes[file.suffix.lower()]
    with file.open("rb") as content:
        start = content.read(CHARACTERS_TO_TELL).removeprefix(b"\xef\xbb\xbf").lstrip()
    return NDJSON if start.startswith(b"{") else CSV


def _show(account: Account, dry_run: bool) -> None:
    counts = account.counts
    accepted = "would be accepted" if dry_run else "accepted"
    console.print(
        f"{counts['lines']} referrals: {counts['accepted']} {accepted}, "
        f"{counts['duplicates']} sent before, {counts['refused']} refused."
    )
    for reason in account.unreadable:
        console.print(f"[red]The file cannot be read:[/] {reason}", soft_wrap=True)
    if account.refused:
        console.print(_table(account))
    if len(account.refused) > SHOWN_LINES:
        console.print(f"... and {len(account.refused) - SHOWN_LINES} more refused lines.")


def _table(account: Account) -> Table:
    table = Table("line", "field", "why", box=SIMPLE_HEAD)
    for line, errors in account.refused[:SHOWN_LINES]:
        for position, error in enumerate(errors):
            name = error["pointer"].strip("/").replace("/", ".") or "(the line)"
            table.add_row("" if position else str(line), name, error["detail"])
    return table
