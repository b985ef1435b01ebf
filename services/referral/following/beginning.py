"""The event process's part that notices when a consent begins which was given ahead of its time."""

from opentelemetry.instrumentation.utils import suppress_instrumentation

from services.referral.following.commands import begin_consent
from services.referral.settings import Settings
from shared import sweeping
from shared.db import Database
from shared.worker import Part


def sweeper(settings: Settings) -> Part:
    """The part of the event process that looks every few seconds."""
    return sweeping.sweeper("consents", settings.consent_poll_seconds, begin_due)


async def begin_due(database: Database) -> None:
    """Tells of every consent whose time has come."""
    with suppress_instrumentation():
        while await _begin_next(database):
            pass


async def _begin_next(database: Database) -> bool:
    async with database.sessions() as session, session.begin():
        return await begin_consent(session)
