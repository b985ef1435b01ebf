"""`nopsa lag`: how far each consumer group is behind, per topic and partition."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.cli.operating import finish
from deploy.cli.running import DEFAULT_DATA_DIR, READY_FILE, DataDir
from deploy.ops.lag import Behind, measure
from deploy.ops.system import find_broker

console = Console(highlight=False)


def lag(
    every: Annotated[
        bool, typer.Option("--all", help="Also partitions of which everything is handled.")
    ] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show how far each consumer group is behind."""
    places = finish(measure(find_broker(data_dir / READY_FILE)))
    table = Table("group", "topic", "messages behind", "in partitions", box=SIMPLE_HEAD)
    by_topic: dict[tuple[str, str], list[Behind]] = defaultdict(list)
    for place in places:
        by_topic[place.group, place.topic].append(place)
    for (group, topic), theirs in by_topic.items():
        behind = [place for place in theirs if place.messages]
        if behind or every:
            where = ", ".join(f"{place.partition}: {place.messages}" for place in behind)
            total = sum(place.messages for place in behind)
            table.add_row(group, topic, str(total), where or "none")
    if table.row_count:
        console.print(table)
    else:
        console.print("Nobody is behind.")
