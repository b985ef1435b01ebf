"""When a client was first reached in a case, and from which case they came back."""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import fill
from services.analytics.projections.working_clock import hours_at
from services.analytics.tables import CaseFact
from shared import telemetry
from shared.contracts.case_life import CaseReturned
from shared.contracts.caseload import CaseContacted
from shared.messages import Received


async def reach(session: AsyncSession, event: Received) -> None:
    """The client was reached; of two such events the newer stands."""
    data = cast(CaseContacted, event.data)
    facts = {
        "contacted_at": data.occurred_at,
        "contacted_hours": hours_at(data.occurred_at),
        "within_deadline": data.within_deadline,
    }
    await fill(
        session,
        CaseFact,
        {"case_id": data.aggregate_id},
        once={"client_ref": data.client_ref},
        newer={"contacted_version": facts},
        version=data.version,
    )
    telemetry.tag(case_id=str(data.aggregate_id))


async def come_back(session: AsyncSession, event: Received) -> None:
    """The case goes on from an earlier one."""
    data = cast(CaseReturned, event.data)
    once = {"client_ref": data.client_ref, "previous_case": data.previous_case}
    await fill(session, CaseFact, {"case_id": data.aggregate_id}, once=once)
    telemetry.tag(case_id=str(data.aggregate_id))
