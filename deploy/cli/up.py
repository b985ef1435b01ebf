"""`nopsa up`: the embedded stack until Ctrl-C or SIGTERM, then a clean stop and exit code 0."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.running import DEFAULT_DATA_DIR, READY_FILE, DataDir, fail
from deploy.local.broker import BrokerName, BrokerUnavailable
from deploy.local.files import FolderInUse
from deploy.local.process import ProcessFailed
from deploy.local.region import RegionNotLoaded, load_region
from deploy.local.stack import Stack

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FIRST_REFERRAL = {
    "urgency": "urgent",
    "lawful_basis": "consent",
    "client": {
        "phone": "+358401234567",
        "language": "fi",
        "municipality": "398",
        "non_disclosure_order": False,
    },
    "reasons": ["rent_arrears"],
    "contact_person": {"name": "Housing advisor"},
}

console = Console(highlight=False)


class StopRequested(Exception):
    """Someone asked the stack to stop: Ctrl-C, SIGTERM, or a closed terminal."""


def up(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write where everything is to this file (JSON) once ready.")
    ] = None,
    broker: Annotated[
        BrokerName, typer.Option(help="tansu needs nothing; kafka needs Java.")
    ] = "tansu",
    region: Annotated[bool, typer.Option(help="Load the demo region.")] = True,
) -> None:
    """Start everything on this machine and keep it up until Ctrl-C."""
    stack: Stack | None = None
    try:
        raise_on_stop_signals()
        stack = Stack(data_dir, broker, progress=typer.echo)
        _start(stack, region, _ready_files(data_dir, ready_file))
        _show(stack)
        threading.Event().wait()
    except StopRequested:
        typer.echo("Stopping ...")
    except (FolderInUse, BrokerUnavailable, ProcessFailed, RegionNotLoaded, OSError) as error:
        raise fail(str(error)) from error
    except httpx.HTTPError as error:
        raise fail(f"A service did not answer: {error}") from error
    finally:
        ignore_stop_signals()
        if stack is not None:
            stack.stop()


def _ready_files(data_dir: Path, wished: Path | None) -> list[Path]:
    """The files to write: the one every command looks for, and the one that was asked for."""
    files = [data_dir / READY_FILE, *([wished] if wished else [])]
    return [path.resolve() for path in files]


def _start(stack: Stack, region: bool, ready_files: list[Path]) -> None:
    # Files of an earlier start go first, so that no one takes them for this one's.
    for path in ready_files:
        path.unlink(missing_ok=True)
    stack.start()
    if region:
        typer.echo("Loading the demo region ...")
        load_region(stack.urls, stack.token("admin"))
    stack.publish(*ready_files)


def _show(stack: Stack) -> None:
    table = Table(box=None, show_header=False)
    for name, url in {**stack.urls, "issuer": stack.issuer, "broker": stack.kafka}.items():
        table.add_row(name, url)
    console.print("\nReady. Documentation of each service is at its address with /docs.\n")
    console.print(table)
    analytics = stack.urls["analytics"]
    console.print(f"\nThe dashboard is at {analytics}/dashboard; log in by: nopsa token lead")
    console.print(f"\nLogs:  {stack.log_dir}", soft_wrap=True)
    console.print(f"Spans: {stack.span_dir}", soft_wrap=True)
    console.print("\nSend a first referral, as the landlord would:\n")
    typer.echo(curl_line(stack.urls["referral"], stack.data_dir))
    console.print("\nCtrl-C stops everything.")


def curl_line(referral_url: str, data_dir: Path) -> str:
    """A command that works as pasted, from any folder: a referral with a fresh token."""
    program = shlex.join([sys.executable, "-m", "deploy.cli.main"])
    token = f"{program} token landlord --data-dir {shlex.quote(str(data_dir))}"
    return " \\\n  ".join(
        [
            f"curl -sS -X POST {referral_url}/v1/referrals",
            f'-H "Authorization: Bearer $({token})"',
            '-H "Idempotency-Key: first-$(date +%s)"',
            '-H "Content-Type: application/json"',
            f"-d '{json.dumps(_FIRST_REFERRAL)}'",
        ]
    )


def raise_on_stop_signals() -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal raise `StopRequested`."""

    def stop(number: int, frame: FrameType | None) -> None:
        ignore_stop_signals()
        raise StopRequested

    for number in _STOP_SIGNALS:
        signal.signal(number, stop)


def ignore_stop_signals() -> None:
    """The stop itself takes seconds at most and must not be cut short by a second Ctrl-C."""
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
