"""Service gaps: the newest version of each, and when it was first reported."""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import fill
from services.analytics.tables import GapFact
from shared.contracts.registers import GapEvent, GapReported
from shared.messages import Received


async def learn(session: AsyncSession, event: Received) -> None:
    """The gap as it is now."""
    data = cast(GapEvent, event.data)
    names = ("type", "service", "municipality", "county", "status", "team")
    is_new = isinstance(data, GapReported)
    await fill(
        session,
        GapFact,
        {"gap_id": data.aggregate_id},
        once={"reported_at": data.occurred_at} if is_new else None,
        newer={"version": {name: getattr(data, name) for name in names}},
        version=data.version,
    )
