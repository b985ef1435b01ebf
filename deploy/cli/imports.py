"""`nopsa import` and `nopsa import-cases`: a file of referrals, or of past cases, of any size.

Exit code 0 if no line was refused, 2 otherwise, 1 if the file could not be sent at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.cli.calling import Client, reason_of
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail, running_stack
from deploy.cli.sending import CSV, NDJSON, Account, Destination, send

CHARACTERS_TO_TELL = 64
SHOWN_LINES = 100
REFUSED_EXIT = 2

console = Console(highlight=False)


def import_file(
    file: Annotated[Path, typer.Argument(help="NDJSON or CSV.", exists=True, dir_okay=False)],
    as_: Annotated[str, typer.Option("--as", help="The client to send as: prison, ward ...")],
    dry_run: Annotated[bool, typer.Option(help="Only check every line; take none.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Send a file of referrals to a running stack and tell what became of each line."""
    client = Client(running_stack(data_dir), as_, "referral")
    query = "?dry_run=true" if dry_run else ""
    destination = Destination(client, "/v1/referral-imports", _media_type(file), query)
    account = _sent(destination, file, data_dir)
    _tell("referrals", "would be accepted" if dry_run else "accepted", account)


def import_cases(
    file: Annotated[Path, typer.Argument(help="NDJSON.", exists=True, dir_okay=False)],
    as_: Annotated[str, typer.Option("--as", help="The client to send as, such as admin.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Send a file of past cases to a running stack and tell what became of each line."""
    client = Client(running_stack(data_dir), as_, "caseload")
    account = _sent(Destination(client, "/v1/case-imports", NDJSON), file, data_dir)
    _tell("cases", "accepted", account)


def _sent(destination: Destination, file: Path, data_dir: Path) -> Account:
    try:
        return send(destination, file, console)
    except httpx.HTTPStatusError as error:
        raise fail(f"The file was not taken: {reason_of(error.response)}") from error
    except httpx.HTTPError as error:
        raise fail(f"The stack on {data_dir} did not answer; is it running? ({error})") from error


def _media_type(file: Path) -> str:
    """By the file's name; else by whether its first character begins a JSON object."""
    suffixes = {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON}
    if file.suffix.lower() in suffixes:
        return suffixes[file.suffix.lower()]
    with file.open("rb") as content:
        start = content.read(CHARACTERS_TO_TELL).removeprefix(b"\xef\xbb\xbf").lstrip()
    return NDJSON if start.startswith(b"{") else CSV


def _tell(things: str, accepted: str, account: Account) -> None:
    """Prints the account; ends with exit code 2 when it is not a clean one."""
    counts = account.counts
    console.print(
        f"{counts['lines']} {things}: {counts['accepted']} {accepted}, "
        f"{counts['duplicates']} sent before, {counts['refused']} refused."
    )
    for reason in account.unreadable:
        console.print(f"[red]The file was not taken whole:[/] {reason}", soft_wrap=True)
    if account.refused:
        console.print(_table(account))
    if len(account.refused) > SHOWN_LINES:
        console.print(f"... and {len(account.refused) - SHOWN_LINES} more refused lines.")
    if account.refused or account.unreadable:
        raise typer.Exit(REFUSED_EXIT)


def _table(account: Account) -> Table:
    table = Table("line", "field", "why", box=SIMPLE_HEAD)
    for line, errors in account.refused[:SHOWN_LINES]:
        for position, error in enumerate(errors):
            name = error["pointer"].strip("/").replace("/", ".") or "(the line)"
            table.add_row("" if position else str(line), name, error["detail"])
    return table
