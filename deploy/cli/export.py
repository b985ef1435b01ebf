"""`nopsa export`: every pseudonymous table as CSV and Parquet, with its data dictionary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.cli.calling import Client, reason_of
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail, running_stack

FORMATS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
DICTIONARY = "dictionary.json"

console = Console(highlight=False)


def export(
    out: Annotated[Path, typer.Option("--out", help="The folder to write to; made if need be.")],
    as_: Annotated[str, typer.Option("--as", help="The client to ask as.")] = "analyst",
    k: Annotated[
        int, typer.Option(min=5, max=1000, help="How many persons share a row at least.")
    ] = 5,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write every table of pseudonymous facts to a folder, so coarse that nobody stands out."""
    client = Client(running_stack(data_dir), as_, "analytics")
    out.mkdir(parents=True, exist_ok=True)
    try:
        tables = client.get("/v1/exports")["items"]
        for table in tables:
            table["files"] = _written(client, table["name"], out, k)
    except httpx.HTTPStatusError as error:
        raise fail(f"Not exported: {reason_of(error.response)}") from error
    except httpx.HTTPError as error:
        raise fail(f"The stack on {data_dir} did not answer; is it running? ({error})") from error
    (out / DICTIONARY).write_text(json.dumps(tables, indent=2, ensure_ascii=False) + "\n")
    _show(tables, out)


def _written(client: Client, name: str, out: Path, k: int) -> dict[str, Any]:
    """Both files of a table; what was done to each, by its name. Each has pseudonyms of its own."""
    files = {}
    for ending, media_type in FORMATS.items():
        file = out / f"{name}.{ending}"
        with console.status(f"Writing {file.name} ..."):
            headers = client.download(f"/v1/exports/{name}?k={k}", file, media_type)
        files[file.name] = json.loads(headers["Export-Summary"])
    return files


def _show(tables: list[dict[str, Any]], out: Path) -> None:
    shown = Table("table", "rows", "left out", box=SIMPLE_HEAD)
    for table in tables:
        summary = table["files"][f"{table['name']}.csv"]
        shown.add_row(table["name"], str(summary["rows"]), str(summary["left_out"]))
    console.print(shown)
    console.print(f"What the columns mean is in {out / DICTIONARY}.", soft_wrap=True)
