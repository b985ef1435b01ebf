"""`nopsa demo`: starts everything, sends referrals, shows where they went, stops everything.

Exit code 0 only if every referral arrived everywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console

from deploy.cli import trace
from deploy.cli.running import fail
from deploy.cli.up import StopRequested, ignore_stop_signals, raise_on_stop_signals
from deploy.demo.following import FINLAND, DidNotArrive, Follower
from deploy.demo.printing import show_paths, show_reports
from deploy.demo.referrals import referrals
from deploy.local.process import ProcessFailed
from deploy.local.region import RegionNotLoaded, load_region
from deploy.local.stack import Stack

console = Console(highlight=False)


def demo() -> None:
    """Show the whole path of five referrals, from the senders to the reports."""
    began = time.monotonic()

    def progress(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s[/]  {line}")

    try:
        raise_on_stop_signals()
        with TemporaryDirectory(prefix="nopsa-demo-") as folder, _stack(folder, progress) as stack:
            _tell(stack, progress)
    except StopRequested:
        raise fail("Stopped before the end.") from None
    except (DidNotArrive, ProcessFailed, RegionNotLoaded, httpx.HTTPError) as error:
        raise fail(f"The demo failed: {error}") from error
    progress("Everything arrived everywhere; all processes are stopped.")


@contextmanager
def _stack(folder: str, progress: Callable[[str], None]) -> Iterator[Stack]:
    stack = Stack(Path(folder), progress=progress)
    try:
        stack.start()
        yield stack
    finally:
        ignore_stop_signals()
        stack.stop()


def _tell(stack: Stack, progress: Callable[[str], None]) -> None:
    progress("Loading the demo region ...")
    load_region(stack.urls, stack.token("admin"))
    follower = Follower(stack)
    progress("Sending a referral as each kind of partner ...")
    today = datetime.now(FINLAND).date()
    paths = [follower.send(sender, body) for sender, body in referrals(today).items()]
    progress("Following each to a worker ...")
    for path in paths:
        follower.follow(path)
    progress("Waiting for the reports and the traces ...")
    flow, sources = follower.reports(len(paths))
    traces = [follower.trace(path) for path in paths]
    console.print()
    show_paths(console, follower, paths)
    show_reports(console, flow, sources)
    console.print("[bold]The trace of the ward's referral[/]")
    trace.show(traces[2])
    console.print()
    follower.close()
