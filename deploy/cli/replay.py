"""`nopsa replay`: sends events of a service again, from its outbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from deploy.cli.operating import finish, the_system
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail
from deploy.ops.archive import Wanted, count, send_again
from deploy.ops.system import Service
from shared.contracts.topics import ALL

console = Console(highlight=False)


def replay(
    service: Annotated[str, typer.Option(help="The service that published them.")],
    topic: Annotated[str, typer.Option(help="The topic they belong to.")],
    since: Annotated[
        datetime | None, typer.Option(help="Only events made since then, in UTC.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Only events of this key.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Only count.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Send events again from the outbox. Consumers that have applied one pass it over; it helps
    where a broker, or a restored database, forgot."""
    if topic.removesuffix(".dlq") not in ALL:
        raise fail(f"There is no topic {topic}. There are: {', '.join(ALL)}")
    place = the_system(data_dir, service).services[service]
    moment = since.replace(tzinfo=UTC) if since and since.tzinfo is None else since
    wanted = Wanted(topic, moment, key)
    number = finish(_do(place, wanted, dry_run))
    done = "would be sent again" if dry_run else "queued; the relay sends them within seconds"
    console.print(f"{number} events of {topic} {done}.")


async def _do(place: Service, wanted: Wanted, dry_run: bool) -> int:
    async with place.session() as session:
        return await (count(session, wanted) if dry_run else send_again(session, wanted))
