"""Reading a history out of the audit log, whose rows are written with the changes themselves."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.history.rules import HAPPENINGS
from services.consent.history.schemas import Event, History
from shared.tables import audit


async def story_of(session: AsyncSession, subject_type: str, subject_id: UUID) -> History:
    """What became of a consent or a denial. Whoever asks logs the look."""
    rows = await session.execute(
        select(audit)
        .where(
            audit.c.subject_id == subject_id,
            audit.c.subject_type == subject_type,
            audit.c.action.in_(HAPPENINGS),
        )
        .order_by(audit.c.id)
    )
    return History(
        items=[
            Event(at=row.at, what=HAPPENINGS[row.action], by=row.actor, worker=row.actor_worker)
            for row in rows
        ]
    )
