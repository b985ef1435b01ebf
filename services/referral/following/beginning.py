"""The event process's part that notices when a consent begins which was given ahead of its time."""

import asyncio

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation

from services.referral.following.commands import begin_consent
from services.referral.settings import Settings
from shared.db import Database

LOG = structlog.get_logger(__name__)


async def begin_for_ever(settings: Settings, database: Database) -> None:
    """Looks every few seconds, until cancelled; survives the loss of the database."""
    while True:
        try:
            with suppress_instrumentation():
                while await _begin_next(database):
                    pass
        except Exception as error:
            LOG.warning("consents_not_begun", error=type(error).__name__)
        await asyncio.sleep(settings.consent_poll_seconds)


async def _begin_next(database: Database) -> bool:
    async with database.sessions() as session, session.begin():
        return await begin_consent(session)
