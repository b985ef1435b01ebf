"""What the service forgets by itself: old answers to repeated requests, leftovers of imports."""

from dataclasses import dataclass
from typing import Any

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.imports.rules import RESULTS_KEPT, UPLOAD_PATIENCE
from services.referral.tables import Import
from shared import idempotency, sweeping
from shared.db import Database
from shared.jobs import JobState
from shared.tables import idempotency as answers
from shared.worker import Part

LOG = structlog.get_logger(__name__)
SWEEP_SECONDS = 3600.0


@dataclass(frozen=True)
class Old:
    """How much there is, or was, to forget."""

    idempotency_answers: int
    imports: int


def sweeper() -> Part:
    """The part of the event process that forgets, every hour."""
    return sweeping.sweeper("housekeeping", SWEEP_SECONDS, _forget)


async def _forget(database: Database) -> None:
    with suppress_instrumentation():
        async with database.sessions() as session, session.begin():
            old = await forget_old(session)
    LOG.info("swept", **vars(old))


async def forget_old(session: AsyncSession) -> Old:
    """Forgets in the open transaction; how much it was."""
    imports: Any = await session.execute(delete(Import).where(_old_imports()))
    return Old(await idempotency.forget_old(session), imports.rowcount)


async def count_old(session: AsyncSession) -> Old:
    """How much `forget_old` would forget."""
    aged = answers.c.created_at < func.now() - idempotency.KEPT_FOR
    return Old(
        await session.scalar(select(func.count()).select_from(answers).where(aged)) or 0,
        await session.scalar(select(func.count()).select_from(Import).where(_old_imports())) or 0,
    )


def _old_imports() -> ColumnElement[bool]:
    """Imports that ended long ago, and uploads that broke off."""
    return or_(
        col(Import.finished_at) < func.now() - RESULTS_KEPT,
        and_(
            col(Import.state) == JobState.RECEIVING,
            col(Import.created_at) < func.now() - UPLOAD_PATIENCE,
        ),
    )
