"""`nopsa retention`: erases what is past its time, or counts it, and prints the report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.cli.calling import Client, reason_of
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail, running_stack

POLL_SECONDS = 0.3

console = Console(highlight=False)


def retention(
    dry_run: Annotated[
        bool | None, typer.Option("--dry-run/--run", help="Only count, or erase for good.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day to judge by, as 2037-01-31; else today."),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Erase what identifies persons in matters whose time is past."""
    if dry_run is None:
        raise fail("Say --dry-run to count what would be erased, or --run to erase it for good.")
    client = Client(running_stack(data_dir), "admin")
    body = {"dry_run": dry_run} | ({"as_of": as_of.date().isoformat()} if as_of else {})
    try:
        run = client.post(
            "/v1/retention-runs", json=body, headers={"Idempotency-Key": str(uuid4())}
        )
        with console.status("Looking at every closed matter ..."):
            while run["state"] not in ("done", "failed"):
                time.sleep(POLL_SECONDS)
                run = client.get(f"/v1/retention-runs/{run['id']}")
    except httpx.HTTPStatusError as error:
        raise fail(f"The run was not started: {reason_of(error.response)}") from error
    except httpx.HTTPError as error:
        raise fail(f"The stack on {data_dir} did not answer; is it running? ({error})") from error
    _show(run)
    if run["state"] == "failed":
        raise fail("The run failed; what the report counts was done. Start it again.")


def _show(run: Mapping[str, Any]) -> None:
    report = run["report"]
    erased = "would be erased" if run["dry_run"] else "erased"
    table = Table("matter", "years", erased, "kept", "oldest kept", box=SIMPLE_HEAD)
    for line in report["matters"]:
        years = "until decided" if line["years"] is None else str(line["years"])
        counts = (str(line["erased"]), str(line["kept"]))
        name = line["matter"].replace("_", " ")
        table.add_row(name, years, *counts, line["oldest_kept"] or "")
    console.print(f"As of {run['as_of']}: {_counted(report['persons'], 'person')} {erased}.")
    console.print(table)
    for name, rows in report["rows"].items():
        console.print(f"  {_counted(rows, 'row')} of {name}")
    console.print(
        f"Kept because open: {_counted(report['open'], 'referral')}. "
        f"Old answers {erased}: {report['idempotency_answers']}, old imports: {report['imports']}."
    )


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
