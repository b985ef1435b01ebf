"""Parts of the event process that look, every few seconds, for what the clock has brought.

The loss of the database is outlived and looked past; any other fault ends the process, as that of
every part does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from shared.db import Database, is_transient
from shared.worker import Part

LOG = structlog.get_logger(__name__)

Look = Callable[[Database], Awaitable[object]]


def sweeper(name: str, seconds: float, *looks: Look) -> Part:
    """The part that does the looks one after the other, rests so long, and begins again; `name`
    is what the log calls it."""
    return partial(_sweep, name, seconds, looks)


async def _sweep(name: str, seconds: float, looks: tuple[Look, ...], database: Database) -> None:
    while True:
        try:
            for look in looks:
                await look(database)
        except Exception as error:
            if not is_transient(error):
                raise
            LOG.warning("sweep_interrupted", sweep=name, error=type(error).__name__)
        await asyncio.sleep(seconds)
