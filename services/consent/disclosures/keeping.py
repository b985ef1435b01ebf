"""The parts of the event process that keep the log: the one that takes in, and the one that seals.

The log has a consumer group of its own: after a large import it may lag by minutes, and what else
the service consumes does not wait for it.
"""

from functools import partial

from opentelemetry.instrumentation.utils import suppress_instrumentation

from services.consent.disclosures import commands
from services.consent.settings import Settings
from shared.consumer import Consumer, Handlers
from shared.contracts.disclosure import Disclosed
from shared.db import Database
from shared.sweeping import sweeper
from shared.worker import Part

HANDLERS: Handlers = {Disclosed: commands.note}
GROUP = "disclosures"
BATCH_SIZE = 100
"""The handler appends no events."""


def keepers(settings: Settings) -> list[Part]:
    """The parts, for the worker."""
    return [partial(_take_in, settings), sweeper("seal", settings.disclosure_seal_seconds, _seal)]


async def _take_in(settings: Settings, database: Database) -> None:
    await Consumer(settings, database, HANDLERS, batch_size=BATCH_SIZE, group=GROUP).run()


async def _seal(database: Database) -> None:
    with suppress_instrumentation():
        async with database.sessions() as session:
            await commands.seal(session)
