"""What the demo shows: the path of each referral, the reports, and one trace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.demo.following import FINLAND, Follower, Path


def show_paths(console: Console, follower: Follower, paths: Sequence[Path]) -> None:
    """Received → team → worker or pair, why them, contact due when, what the sender sees."""
    table = Table(title="The path of each referral", box=SIMPLE_HEAD, title_justify="left")
    for column in ("From", "Reference", "Team", "Worker or pair", "Why", "Contact due", "Sees"):
        table.add_column(column, overflow="fold")
    for path in paths:
        table.add_row(
            path.sender,
            path.receipt["reference"],
            follower.team_name(path.case["team"]),
            " + ".join(follower.profession(worker) for worker in path.case["workers"]),
            "; ".join(because["text"] for because in path.assignment["why"]),
            _moment(path.case["contact_due_at"]),
            path.seen_by_sender["status"],
        )
    console.print(table)


def show_reports(console: Console, flow: dict[str, Any], sources: dict[str, Any]) -> None:
    """Client flow and referral sources."""
    table = Table(title="client-flow, today", box=SIMPLE_HEAD, title_justify="left")
    for name in flow["data"]:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_row(*(str(value) for value in flow["data"].values()))
    console.print(table)
    rows = sources["data"]["rows"]
    table = Table(title="referral-sources, today", box=SIMPLE_HEAD, title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(FINLAND).strftime("%a %-d.%-m. %H:%M")
