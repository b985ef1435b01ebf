"""What the demo shows: the path of each referral and the reports, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.demo.disclosures import Log
from deploy.demo.following import FINLAND, Follower, Path
from deploy.demo.records import Stand
from deploy.demo.story import Chapter


def show_paths(console: Console, follower: Follower, paths: Sequence[Path]) -> None:
    """Received → team → worker or pair, why them, contact due when, what the sender sees."""
    console.print("[bold]The path of each referral[/]\n")
    for path in paths:
        workers = " + ".join(follower.profession(worker) for worker in path.case["workers"])
        console.print(
            f"[cyan]{path.sender}[/] {path.receipt['reference']}"
            f"  received {_moment(path.receipt['received_at'])}"
            f" → {follower.team_name(path.case['team'])} → {workers}"
        )
        for because in path.assignment["why"]:
            console.print(f"   {because['text']}")
        for candidate in path.assignment["candidates"]:
            if candidate["chosen"]:
                why = " ".join(because["text"] for because in candidate["why"])
                console.print(f"   why the {follower.profession(candidate['worker'])}: {why}")
        console.print(f"   contact due {_moment(path.case['contact_due_at'])}")
        console.print(f"   the sender sees: {path.seen_by_sender['status']}\n")


def show_views(console: Console, landlord: Path, ward: Path) -> None:
    """What two senders may know of the same person, side by side."""
    table = Table(
        title="The same person, as two senders see their referrals",
        box=SIMPLE_HEAD,
        title_justify="left",
    )
    for column in ("", landlord.sender, ward.sender):
        table.add_column(column, overflow="fold")
    for name in ("status", "business_status", "team", "contact_due_at", "next_step"):
        seen = (path.seen_by_sender[name] for path in (landlord, ward))
        table.add_row(name, *("-" if value is None else str(value) for value in seen))
    console.print(table)


def show_story(console: Console, chapters: Sequence[Chapter]) -> None:
    """What a client's case went through."""
    table = Table(
        title="One client's story, from the prison to a home and back to the team",
        box=SIMPLE_HEAD,
        title_justify="left",
    )
    for column in ("what happened", "the case is"):
        table.add_column(column)
    for chapter in chapters:
        table.add_row(chapter.what, chapter.status)
    console.print(table)


def show_records(console: Console, stands: Sequence[Stand]) -> None:
    """What became of a client's documents in the two record systems."""
    table = Table(
        title="Documents into the social and the health record, as the client permits",
        box=SIMPLE_HEAD,
        title_justify="left",
    )
    for column in ("what happened", "it is", "social", "health"):
        table.add_column(column)
    for stand in stands:
        table.add_row(stand.what, stand.state, stand.social, stand.health)
    console.print(table)


def show_log(console: Console, log: Log) -> None:
    """The last of what the client may see of who used or was told their data."""
    table = Table(
        title="Who used or was told the ward's client's data (the last ten)",
        box=SIMPLE_HEAD,
        title_justify="left",
    )
    for column in ("when", "what the client reads"):
        table.add_column(column, overflow="fold")
    for item in log.items[:10]:
        table.add_row(_moment(item["at"]), item["text"])
    console.print(table)
    state = "whole" if log.proof["whole"] else "NOT WHOLE"
    console.print(f"   the log of {log.proof['rows']} rows is {state}\n")


def show_webhook(console: Console, message: dict[str, Any]) -> None:
    """A webhook message that arrived and whose signature fits."""
    console.print("[bold]A webhook reached the ward, its signature verified[/]")
    console.print(f"   {message['type']} {message['data']}\n")


def show_dashboard(console: Console, url: str, html: FilePath, png: FilePath) -> None:
    """Where the dashboard is while a stack is up, and where a picture of this one was saved."""
    console.print("[bold]The dashboard: every report on one page[/]")
    console.print(
        f"   at {url}/dashboard; log in by `nopsa token lead` (after `nopsa up`)", soft_wrap=True
    )
    console.print(f"   saved as {html}", soft_wrap=True)
    console.print(f"   its main charts as {png}\n", soft_wrap=True)


def show_reports(console: Console, flow: dict[str, Any], sources: dict[str, Any]) -> None:
    """Client flow and referral sources of the day."""
    table = Table(title="client-flow, today", box=SIMPLE_HEAD, title_justify="left")
    table.add_column("clients")
    table.add_column("", justify="right")
    for name, value in flow["data"].items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)
    table = Table(title="referral-sources, today", box=SIMPLE_HEAD, title_justify="left")
    for name in ("source_kind", "referrals", "accepted", "redirected", "waitlisted", "share"):
        table.add_column(name.replace("_", " "))
    for row in sources["data"]["rows"]:
        share = f"{row['share']:.0%}"
        counts = (row[name] for name in ("referrals", "accepted", "redirected", "waitlisted"))
        table.add_row(row["source_kind"], *(str(count) for count in counts), share)
    console.print(table)


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(FINLAND).strftime("%a %-d.%-m. %H:%M")
