"""`python -m services.analytics.rebuild --from log|archive`: the projections made anew.

On the database of `NOPSA_DATABASE_URL`; from the broker of `NOPSA_KAFKA_*`, or from the outboxes of
`NOPSA_ARCHIVES`. Exit code 0 when the new projection serves; else the old one does.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from services.analytics.app import MIGRATIONS
from services.analytics.consumers import HANDLERS
from services.analytics.rebuild.beside import SCHEMA
from services.analytics.rebuild.commands import Outcome, Rebuild, RebuildFailed
from services.analytics.rebuild.sources import Archive, ArchiveSettings, Source, log_of
from shared import migrations
from shared.contracts import topic_of
from shared.settings import DatabaseSettings, KafkaSettings

ONE_AT_A_TIME = 0x72656264
TOPICS = sorted({topic_of(data_class) for data_class in HANDLERS})


async def rebuild(settings: DatabaseSettings, source: Source, console: Console) -> Outcome:
    """Rebuilds, with a progress bar. Raises `RebuildFailed` where another one is at it."""
    await migrations.upgrade(settings, MIGRATIONS)
    live, new = _engine(settings), _engine(settings, search_path=SCHEMA, synchronous_commit="off")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        async with _alone(live):
            with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
                task = bar.add_task("Applying events", total=await source.count())
                work = Rebuild(live, new, HANDLERS, lambda count: bar.advance(task, count))
                return await work.run(source)
    finally:
        await live.dispose()
        await new.dispose()


def _engine(settings: DatabaseSettings, **server_settings: str) -> AsyncEngine:
    told = {"application_name": "nopsa-analytics-rebuild", **server_settings}
    return create_async_engine(
        settings.database_url.get_secret_value(),
        connect_args={"dsn": settings.asyncpg_dsn, "server_settings": told},
        poolclass=NullPool if not server_settings else None,
    )


@asynccontextmanager
async def _alone(live: AsyncEngine) -> AsyncIterator[None]:
    async with live.connect() as connection:
        taken = await connection.scalar(text(f"SELECT pg_try_advisory_lock({ONE_AT_A_TIME})"))
        await connection.commit()
        if not taken:
            raise RebuildFailed("Another rebuild is at work.")
        yield


@asynccontextmanager
async def source_of(name: str) -> AsyncIterator[Source]:
    """The source of this name, as the environment tells where it is."""
    if name == "log":
        async with log_of(KafkaSettings.model_validate({}), TOPICS) as log:
            yield log
        return
    archives = ArchiveSettings.model_validate({}).archives
    if not archives:
        raise RebuildFailed("NOPSA_ARCHIVES does not say where the outboxes are.")
    yield Archive([dsn.get_secret_value() for dsn in archives.values()], TOPICS)


async def _run(source_name: str, console: Console) -> Outcome:
    settings = DatabaseSettings.model_validate({})
    async with source_of(source_name) as source:
        return await rebuild(settings, source, console)


def main() -> None:
    """Rebuilds, and says what came of it."""
    parser = argparse.ArgumentParser(prog="python -m services.analytics.rebuild")
    parser.add_argument("--from", dest="source", choices=("log", "archive"), required=True)
    console = Console(highlight=False)
    try:
        outcome = asyncio.run(_run(parser.parse_args().source, console))
    except RebuildFailed as error:
        sys.exit(f"Not rebuilt; the reports are as they were. {error}")
    console.print(
        f"{outcome.applied} events applied again; the reports are made of the new projection now."
    )
    if outcome.left_out:
        console.print(f"{len(outcome.left_out)} cannot be applied: see nopsa dlq list.")


if __name__ == "__main__":
    main()
