"""`nopsa settings`: every setting of a service, told by the service itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.cli.running import fail
from deploy.local.process import CODE_ROOT
from deploy.local.services import SERVICES

Settings = Sequence[Mapping[str, Any]]
SECRETS_DIR = {
    "name": "NOPSA_SECRETS_DIR",
    "type": "path",
    "default": "not set",
    "unit": "",
    "secret": False,
    "description": "folder of files, each named like a variable, whose content is its value",
}
COLUMNS = ("variable", "type", "default", "unit", "secret", "what it does")
console = Console(highlight=False)


def settings(
    service: Annotated[
        str | None, typer.Argument(help="referral, caseload, consent or analytics; else all.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a table for a page.")] = False,
) -> None:
    """List every setting: its environment variable, type, default, and what it does."""
    if service is not None and service not in SERVICES:
        raise fail(f"There is no service {service}. There are: {', '.join(SERVICES)}")
    for title, theirs in _groups([service] if service else list(SERVICES)):
        if markdown:
            typer.echo(_markdown(title, theirs))
        else:
            console.print(_table(title, theirs))


def _groups(services: Sequence[str]) -> list[tuple[str, Settings]]:
    """What all of them take, and what each takes beside that."""
    told = _told(services)
    names = [{one["name"] for one in told[service]} for service in services]
    common = set.intersection(*names)
    first = [SECRETS_DIR, *(one for one in told[services[0]] if one["name"] in common)]
    title = "Every service" if len(services) > 1 else f"The {services[0]} service"
    groups: list[tuple[str, Settings]] = [(title, first)]
    for service in services:
        own = [one for one in told[service] if one["name"] not in common]
        if own:
            groups.append((f"The {service} service", own))
    return groups


def _told(services: Sequence[str]) -> Mapping[str, Settings]:
    modules = [f"services.{service}.settings" for service in services]
    done = subprocess.run(
        [sys.executable, "-m", "shared.configuration", *modules],
        cwd=CODE_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise fail(f"The settings could not be read: {done.stderr.strip()}")
    by_module = json.loads(done.stdout)
    return {service: by_module[f"services.{service}.settings"] for service in services}


def _cells(one: Mapping[str, Any]) -> list[str]:
    default = "must be given" if one["default"] is None else one["default"]
    secret = "yes" if one["secret"] else ""
    return [one["name"], one["type"], default, one["unit"], secret, one["description"]]


def _table(title: str, theirs: Settings) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("variable", no_wrap=True)
    table.add_column("default", overflow="fold")
    table.add_column("what it does", overflow="fold")
    for one in theirs:
        name, kind, default, unit, secret, description = _cells(one)
        notes = [kind, unit, "secret" if secret else ""]
        table.add_row(name, default, f"{description} [dim]({', '.join(filter(None, notes))})[/]")
    return table


def _markdown(title: str, theirs: Settings) -> str:
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    rows += [tuple(cell.replace("|", "\\|") for cell in _cells(one)) for one in theirs]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return f"### {title}\n\n" + "\n".join(lines) + "\n"
