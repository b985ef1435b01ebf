"""`nopsa rotate-keys`: seals what older keys sealed anew with the current key, beside normal work.

Exit code 0 when nothing is left under an older key, 1 otherwise.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from deploy.cli.operating import the_system
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail
from deploy.local.process import CODE_ROOT
from deploy.ops.surroundings import environment_of

SEALING = ("referral", "caseload", "consent")
console = Console(highlight=False)


def rotate_keys(
    service: Annotated[str, typer.Argument(help="referral, caseload or consent.")],
    dry_run: Annotated[bool, typer.Option(help="Only count rows by key.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Seal everything with the first key of NOPSA_ENCRYPTION_KEYS, so that older ones can go."""
    if service not in SEALING:
        raise fail(f"{service} seals nothing. These do: {', '.join(SEALING)}")
    system = the_system(data_dir, service)
    environment = environment_of(system, system.services[service], data_dir)
    unreadable = 0 if dry_run else _rotate(service, environment)
    _tell(_counted(service, environment), unreadable)


def _rotate(service: str, environment: Mapping[str, str]) -> int:
    """Runs the rotation under a progress bar; how many rows no key opens."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    unreadable = 0
    with (
        Progress(*columns, console=console) as bar,
        subprocess.Popen(
            [sys.executable, "-m", f"services.{service}.sealed", "rotate"],
            cwd=CODE_ROOT,
            env=dict(environment),
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        tasks = {}
        for line in process.stdout or ():
            step = json.loads(line)
            if step["name"] not in tasks:
                tasks[step["name"]] = bar.add_task(step["name"], total=step["left"])
            task = bar.tasks[tasks[step["name"]]]
            total = task.total or 0
            bar.update(task.id, completed=min(total, max(0, total - step["left"])))
            unreadable += step["unreadable"] if step["left"] == 0 else 0
    if process.returncode:
        raise fail("The rotation broke off; start it again, it goes on where it stopped.")
    return unreadable


def _counted(service: str, environment: Mapping[str, str]) -> Mapping[str, Mapping[str, int]]:
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}.sealed", "count"],
        cwd=CODE_ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise fail("The rows could not be counted.")
    told = json.loads(done.stdout)
    counts: dict[str, dict[str, int]] = {told["current"]: {}}
    for column, by_key in told["in_use"].items():
        for key, rows in by_key.items():
            counts.setdefault(key, {})[column] = rows
    return counts


def _tell(counts: Mapping[str, Mapping[str, int]], unreadable: int) -> None:
    current, *older = counts
    console.print(f"Under the current key {current}: {sum(counts[current].values())} rows.")
    for key in older:
        told = ", ".join(f"{rows} of {column}" for column, rows in counts[key].items())
        console.print(f"Under {key}: {told}.", soft_wrap=True)
    if unreadable:
        console.print(f"{unreadable} rows are opened by no key of the ring; keep looking for it.")
    if older:
        raise fail("Older keys are still needed.")
    console.print("No other key is needed for these rows any more.")
