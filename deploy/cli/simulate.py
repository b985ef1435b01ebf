"""`nopsa simulate`: years of made-up work for a running stack, the same for the same seed.

A second run with the same seed adds nothing; one that was broken off is gone on with. Exit code 0
if everything was sent or was there, 1 otherwise.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from deploy.cli.running import DEFAULT_DATA_DIR, READY_FILE, DataDir, fail
from deploy.cli.up import StopRequested, ignore_stop_signals, raise_on_stop_signals
from deploy.local.process import ProcessFailed
from deploy.local.region import RegionNotLoaded, load_region
from deploy.local.stack import Stack
from deploy.simulate.plan import Plan, plan_of
from deploy.simulate.scale import WEEKS_IN_YEAR, Scale
from deploy.simulate.sending import NotSettled, Sender
from shared.contracts.municipalities import counties_by_municipality

FINLAND = ZoneInfo("Europe/Helsinki")
NO_LIMIT = {"NOPSA_RATE_PER_MINUTE": "600000"}

console = Console(highlight=False)


def simulate(
    years: Annotated[float, typer.Option(min=0.1, max=20, help="How long a past.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 7,
    county: Annotated[str, typer.Option(help="The county's two digits.")] = "15",
    workers: Annotated[int, typer.Option(min=1, max=50, help="In each of the three teams.")] = 4,
    ready_file: Annotated[
        Path | None, typer.Option(help="The ready file of the stack, as `nopsa up` wrote it.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Feed years of realistic work to a running stack, or to one that is started for it."""
    if county not in counties_by_municipality().values():
        raise fail(f"There is no county {county}. Give its two digits, as 15.")
    today = datetime.now(FINLAND).date()
    scale = Scale(seed, county, max(1, round(years * WEEKS_IN_YEAR)), today, workers)
    path = ready_file or data_dir / READY_FILE
    try:
        if path.exists():
            _simulate(json.loads(path.read_text()), scale)
        elif ready_file is not None:
            raise fail(f"There is no {ready_file}; start a stack with: nopsa up --ready-file")
        else:
            _on_a_stack_of_its_own(scale)
    except StopRequested:
        raise fail("Stopped before the end; the same command goes on.") from None
    except httpx.HTTPStatusError as error:
        raise fail(f"Not taken: {error.request.url.path}: {error.response.text}") from error
    except (NotSettled, ProcessFailed, RegionNotLoaded, httpx.HTTPError) as error:
        raise fail(f"The simulation was not sent whole: {error}") from error


def _on_a_stack_of_its_own(scale: Scale) -> None:
    """Starts a stack, keeps it up until Ctrl-C if somebody looks on, and stops it."""
    console.print("No stack runs here; starting one.")
    with TemporaryDirectory(prefix="nopsa-simulate-") as folder:
        stack = Stack(Path(folder), env=NO_LIMIT, progress=console.print)
        ready = Path(folder) / READY_FILE
        try:
            raise_on_stop_signals()
            stack.start()
            load_region(stack.urls, stack.token("admin"))
            stack.publish(ready)
            _simulate(json.loads(ready.read_text()), scale)
            _stay_up()
        finally:
            ignore_stop_signals()
            stack.stop()


def _stay_up() -> None:
    if not console.is_terminal:
        return
    console.print("Ctrl-C stops everything.")
    with suppress(StopRequested):
        threading.Event().wait()


def _simulate(stack: dict[str, Any], scale: Scale) -> None:
    with _progress() as progress:
        sender = Sender(stack, progress)
        standing = sender.standing(scale)
        if standing is not None:
            scale = scale.standing_on(standing.until)
        plan = plan_of(scale)
        if standing is None or not standing.whole:
            sender.send(plan)
    if not sender.counts:
        console.print(f"This simulation is there already, until {scale.until}; nothing was sent.")
    _show(stack, sender, plan)


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar for each kind of thing that is sent."""
    columns = (TextColumn("{task.description:>24}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of)

        yield tell


def _show(stack: dict[str, Any], sender: Sender, plan: Plan) -> None:
    table = Table(box=None, show_header=False)
    for what, count in sender.counts.items():
        table.add_row(str(count), what)
    console.print(table)
    first, scale = plan.scale.first_monday, plan.scale
    analytics = stack["services"]["analytics"]
    period = f"from={first}&to={max(scale.until, date.today())}&county={scale.county}"
    console.print(f"Dashboard: {analytics}/dashboard?{period}", soft_wrap=True)
    console.print(f"A report:  {analytics}/v1/reports/throughput?{period}", soft_wrap=True)
    for team in plan.teams:
        note = " (clogs)" if team.clogs else ""
        console.print(f"Team {team.name}{note}: {team.id}", soft_wrap=True)
