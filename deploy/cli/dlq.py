"""`nopsa dlq`: messages that could not be applied, and what is to become of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sqlalchemy import Row

from deploy.cli.operating import OfService, finish, the_system
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail
from deploy.ops import letters
from deploy.ops.system import Service, System
from shared.dead_letters import Step

app = typer.Typer(
    help="Messages that could not be applied: list, show, replay, drop.",
    no_args_is_help=True,
)
console = Console(highlight=False)

Letters = Annotated[list[UUID] | None, typer.Argument(help="Ids of letters, as listed.")]
AllOf = Annotated[bool, typer.Option("--all", help="Every letter that waits.")]
OfTopic = Annotated[str | None, typer.Option("--topic", help="Only of this topic.")]


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those decided.")] = False,
    topic: OfTopic = None,
    service: OfService = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """List the letters that wait for a decision, with the reason."""
    system = the_system(data_dir, service)
    rows = finish(_listed(system, every, topic))
    if not rows:
        console.print("No dead letters." if every else "No dead letters wait.")
        return
    table = Table("letter", "group", "topic", "place", "reason", "since", "state", box=SIMPLE_HEAD)
    for row in rows:
        reason = f"{row.reason}: {row.detail}" if row.detail else row.reason
        place = f"{row.partition}/{row.offset}"
        since = f"{row.set_aside_at:%Y-%m-%d %H:%M}"
        state = f"{row.state} ({row.replays}×)" if row.replays else row.state
        table.add_row(
            str(row.letter_id), row.consumer_group, row.topic, place, reason, since, state
        )
    Console(highlight=False, width=None if console.is_terminal else 220).print(table)


@app.command()
def show(letter: UUID, service: OfService = None, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Show one letter as it came."""
    place, row = finish(_find(the_system(data_dir, service), letter))
    facts = {
        "letter": str(row.letter_id),
        "service": place.name,
        "group": row.consumer_group,
        "topic": row.topic,
        "partition": row.partition,
        "offset": row.offset,
        "reason": row.reason,
        "detail": row.detail,
        "set_aside_at": row.set_aside_at.isoformat(),
        "state": row.state,
        "replays": row.replays,
        "decided_by": row.decided_by,
        "note": row.note,
        **letters.content(row),
    }
    typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))


@app.command()
def replay(
    chosen: Letters = None,
    every: AllOf = False,
    topic: OfTopic = None,
    service: OfService = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Give letters to the group that could not apply them, once more."""
    moved = _settle(the_system(data_dir, service), chosen or [], every, topic, Step.REPLAY, None)
    console.print(
        f"{moved} to be replayed; their consumer takes them within seconds. "
        "What fails again is listed again."
    )


@app.command()
def drop(
    reason: Annotated[str, typer.Option(help="Why; kept with the letter. Name no person.")],
    chosen: Letters = None,
    every: AllOf = False,
    topic: OfTopic = None,
    service: OfService = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Decide that letters are never applied. They are kept, and may still be replayed by id."""
    moved = _settle(the_system(data_dir, service), chosen or [], every, topic, Step.DROP, reason)
    console.print(f"{moved} dropped.")


async def _listed(system: System, every: bool, topic: str | None) -> Sequence[Row[Any]]:
    rows: list[Row[Any]] = []
    for service in system.services.values():
        async with service.session() as session:
            rows += await letters.listed(session, every=every, topic=topic)
    return rows


async def _find(system: System, letter_id: UUID) -> tuple[Service, Row[Any]]:
    for service in system.services.values():
        async with service.session() as session:
            row = await letters.found(session, letter_id)
        if row is not None:
            return service, row
    raise fail(f"There is no letter {letter_id}.")


def _settle(
    system: System,
    chosen: Sequence[UUID],
    every: bool,
    topic: str | None,
    step: Step,
    note: str | None,
) -> int:
    """Settles what was chosen; ends with exit code 1 when a letter named was not open to it."""
    if bool(chosen) == every:
        raise fail("Name letters, or say --all (with --topic or --service to keep to some).")
    moved = finish(_settled(system, set(chosen), every, topic, step, note))
    left = set(chosen) - set(moved)
    if left:
        raise fail(f"Not open to this, or not there: {', '.join(map(str, sorted(left)))}")
    return len(moved)


async def _settled(
    system: System,
    chosen: set[UUID],
    every: bool,
    topic: str | None,
    step: Step,
    note: str | None,
) -> list[UUID]:
    moved: list[UUID] = []
    for service in system.services.values():
        async with service.session() as session:
            if every:
                waiting = await letters.listed(session, topic=topic)
                chosen = {row.letter_id for row in waiting}
                await session.rollback()
            moved += await letters.settle(session, chosen, step, note)
    return moved
