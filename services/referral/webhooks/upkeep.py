"""Keeps the gauge of what waits, and the delivery log from growing for ever."""

import asyncio
import time
from datetime import timedelta

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.settings import Settings
from services.referral.tables import Partner, Webhook, WebhookDelivery
from services.referral.webhooks import metrics
from services.referral.webhooks.claims import sendable
from shared.db import Database, is_transient

LOG = structlog.get_logger(__name__)
MEASURE_SECONDS = 5.0
PRUNE_SECONDS = 3600.0


async def keep(settings: Settings, database: Database) -> None:
    """Measures every few seconds and prunes every hour, until cancelled."""
    pruned_at = float("-inf")
    while True:
        try:
            with suppress_instrumentation():
                async with database.sessions() as session, session.begin():
                    await measure(session)
                    if time.monotonic() - pruned_at > PRUNE_SECONDS:
                        await prune(session, timedelta(days=settings.webhook_log_days))
                        pruned_at = time.monotonic()
        except Exception as error:
            if not is_transient(error):
                raise
            LOG.warning("webhook_upkeep_interrupted", error=type(error).__name__)
        await asyncio.sleep(MEASURE_SECONDS)


async def measure(session: AsyncSession) -> None:
    """Sets the gauges to the age of the oldest message that could go out and has not, and to how
    many endpoints are told nothing."""
    age = await session.scalar(
        select(func.extract("epoch", func.now() - func.min(col(WebhookDelivery.due_at))))
        .join(Webhook, col(Webhook.id) == col(WebhookDelivery.webhook_id))
        .join(Partner, col(Partner.id) == col(Webhook.partner_id))
        .where(sendable())
    )
    metrics.OLDEST_DUE.set(max(0.0, float(age or 0.0)))
    disabled = col(Webhook.disabled_because).is_not(None)
    gone = await session.scalar(select(func.count()).select_from(Webhook).where(disabled))
    metrics.DISABLED.set(gone or 0)


async def prune(session: AsyncSession, kept: timedelta) -> None:
    """Forgets deliveries that ended longer ago than the log is kept."""
    await session.execute(
        delete(WebhookDelivery).where(col(WebhookDelivery.finished_at) < func.now() - kept)
    )
