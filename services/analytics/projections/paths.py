"""Shared plans of clients of many services: the newest version of each, and when it began."""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import fill
from services.analytics.tables import PathFact
from shared.contracts.caseload import ServicePathChanged
from shared.messages import Received


async def learn(session: AsyncSession, event: Received) -> None:
    """The plan as it is."""
    data = cast(ServicePathChanged, event.data)
    facts = {
        "case_id": data.case_id,
        "team": data.team,
        "organisations": data.organisations,
        "next_review_on": data.next_review_on,
    }
    await fill(
        session,
        PathFact,
        {"path_id": data.aggregate_id},
        first={"begun_at": data.occurred_at},
        newer={"version": facts},
        version=data.version,
    )
