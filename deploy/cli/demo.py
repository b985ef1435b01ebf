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
from deploy.cli.running import DEFAULT_DATA_DIR, fail
from deploy.cli.up import StopRequested, ignore_stop_signals, raise_on_stop_signals
from deploy.demo.calling import Callers, DidNotArrive
from deploy.demo.dashboard import save_dashboard
from deploy.demo.disclosures import disclosure_log
from deploy.demo.following import FINLAND, Follower
from deploy.demo.printing import (
    show_dashboard,
    show_log,
    show_paths,
    show_records,
    show_reports,
    show_story,
    show_views,
    show_webhook,
)
from deploy.demo.receiver import Receiver
from deploy.demo.records import ENVIRONMENT, Records
from deploy.demo.referrals import referrals
from deploy.demo.story import Story
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
    stack = Stack(Path(folder), env=ENVIRONMENT, progress=progress)
    try:
        stack.start()
        yield stack
    finally:
        ignore_stop_signals()
        stack.stop()


def _tell(stack: Stack, progress: Callable[[str], None]) -> None:
    progress("Loading the demo region ...")
    load_region(stack.urls, stack.token("admin"))
    callers = Callers(stack)
    follower = Follower(callers)
    receiver = Receiver()
    follower.subscribe("ward", receiver)
    progress("Sending a referral as each kind of partner ...")
    today = datetime.now(FINLAND).date()
    paths = [follower.send(sender, body) for sender, body in referrals(today).items()]
    progress("Following each to a worker ...")
    for path in paths:
        follower.follow(path)
    by_sender = {path.sender: path for path in paths}
    progress("Living one client's story ...")
    chapters = Story(callers, by_sender["prison"].case["id"]).live()
    progress("Bringing documents into both records, as the client permits ...")
    stands = Records(callers, by_sender["ward"].case["client_ref"]).live()
    progress("Waiting for the reports, the traces and a webhook ...")
    flow, sources = follower.reports(paths)
    traces = {path.sender: follower.trace(path) for path in paths}
    log = disclosure_log(callers, by_sender["ward"].case["client_ref"])
    saved = save_dashboard(callers, DEFAULT_DATA_DIR)
    message = follower.told_by_webhook(by_sender["ward"], receiver)
    for path in paths:
        follower.look(path)
    console.print()
    show_paths(console, follower, paths)
    show_views(console, by_sender["landlord"], by_sender["ward"])
    show_webhook(console, message)
    show_story(console, chapters)
    show_records(console, stands)
    show_log(console, log)
    show_reports(console, flow, sources)
    show_dashboard(console, stack.urls["analytics"], *saved)
    console.print("[bold]The trace of the ward's referral[/]")
    trace.show(traces["ward"])
    console.print()
    callers.close()
    receiver.close()
