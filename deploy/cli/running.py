"""What the commands share: the data folder option, and how to find a running stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

READY_FILE = "ready.json"

DataDir = Annotated[
    Path, typer.Option("--data-dir", help="The folder that holds everything the stack keeps.")
]
DEFAULT_DATA_DIR = Path(".nopsa")


def fail(message: str) -> typer.Exit:
    """Say what is wrong; raise what this returns to end with exit code 1."""
    typer.echo(message, err=True)
    return typer.Exit(1)


def running_stack(data_dir: Path) -> dict[str, Any]:
    """The ready document of the stack that runs on this folder."""
    path = data_dir / READY_FILE
    if not path.exists():
        raise fail(f"No stack has run on {data_dir}. Start one with: nopsa up")
    document: dict[str, Any] = json.loads(path.read_text())
    return document
