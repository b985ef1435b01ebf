"""`nopsa backup` and `nopsa restore`: the services' databases as files, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.cli.operating import OfService, finish, the_system
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail
from deploy.ops.backup import Content, NotRestored, back_up
from deploy.ops.backup import restore as bring_back
from deploy.ops.postgres_tools import ToolFailed
from deploy.ops.system import Service

console = Console(highlight=False)


def backup(
    out: Annotated[Path, typer.Option(help="The folder for the files; made if it is not there.")],
    service: OfService = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Dump the databases, each as of one moment, beside normal work."""
    try:
        held = finish(back_up(the_system(data_dir, service).services, out))
    except ToolFailed as error:
        raise fail(str(error)) from error
    _show(held)
    console.print(f"Written to {out}. The keys are not in it: keep them, and keep them elsewhere.")


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that nopsa backup wrote.", exists=True)],
    yes: Annotated[bool, typer.Option("--yes", help="Replace what the databases hold.")] = False,
    service: OfService = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Replace the databases by a backup, and compare every table with it."""
    if not yes:
        raise fail("This replaces everything that the databases hold: say --yes.")
    system = the_system(data_dir, service)
    try:
        held = finish(_all(system.services, folder))
    except NotRestored as error:
        raise fail(f"Not restored: {error}.") from error
    _show(held)
    console.print("Every table is as it was. Events published since: see deploy/README.md.")


async def _all(services: Mapping[str, Service], folder: Path) -> Mapping[str, Content]:
    return {name: await bring_back(service, folder) for name, service in services.items()}


def _show(held: Mapping[str, Content]) -> None:
    table = Table("service", "tables", "rows", box=SIMPLE_HEAD)
    for name, tables in held.items():
        rows = sum(facts[0] for facts in tables.values())
        table.add_row(name, str(len(tables)), str(rows))
    console.print(table)
