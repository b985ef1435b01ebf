"""Reading a client's motivation points; whoever shows them logs it in the transaction."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.motivation import rules
from services.caseload.motivation.schemas import MotivationView, PointView
from services.caseload.notices import Sign, notice
from services.caseload.tables import CaseLife, MotivationPoint

SHOWN = 100


async def points_of(session: AsyncSession, case_id: UUID) -> list[PointView]:
    """The points of a case in the order of their moments, at most the latest `SHOWN`."""
    rows = await session.scalars(
        select(MotivationPoint)
        .where(col(MotivationPoint.case_id) == case_id)
        .order_by(col(MotivationPoint.at).desc(), col(MotivationPoint.id).desc())
        .limit(SHOWN)
    )
    return [PointView(value=row.value, at=row.at) for row in reversed(rows.all())]


def view_of(life: CaseLife) -> MotivationView | None:
    """The latest points of a case."""
    if life.motivation is None or life.motivation_at is None:
        return None
    fewer = rules.may_need_less(life.motivation, life.motivation_before)
    return MotivationView(
        value=life.motivation,
        at=life.motivation_at,
        before=life.motivation_before,
        notes=[notice(Sign.FEWER_POINTS_MAY_BE_GOOD)] if fewer else [],
    )
