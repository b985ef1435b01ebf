"""One case with all that belongs to it, for its team; the reading is logged in the transaction."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases import queries
from services.caseload.cases.detail_schemas import CaseDetailView, ContactView
from services.caseload.goals.queries import goals_of
from services.caseload.handovers.queries import handovers_of
from services.caseload.motivation.queries import points_of
from services.caseload.tables import CaseLife, ContactAttempt
from services.caseload.visits.queries import visits_of
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import ContactChannel, ContactOutcome
from shared.crypto import FieldCipher
from shared.pagination import DEFAULT_LIMIT

CONTACTS_SHOWN = 100


async def read_case(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, case_id: UUID
) -> tuple[CaseDetailView, int]:
    """A case that the caller may see, and its version. Raises `not_found`."""
    async with session.begin():
        case = await queries.find(session, caller, case_id)
        view = await queries.view_of(session, case)
        await audit.record(session, caller, queries.entry("case.read", case))
        detail = CaseDetailView(
            **dict(view),
            returned_as=await _returned_as(session, case_id),
            contacts=await _contacts(session, case_id),
            goals=await goals_of(session, cipher, case_id),
            motivation_points=await points_of(session, case_id),
            visits=await visits_of(session, case_id, limit=DEFAULT_LIMIT),
            handovers=await handovers_of(session, case_id),
        )
        return detail, case.version


async def _returned_as(session: AsyncSession, case_id: UUID) -> UUID | None:
    later: UUID | None = await session.scalar(
        select(col(CaseLife.case_id)).where(col(CaseLife.previous_case) == case_id)
    )
    return later


async def _contacts(session: AsyncSession, case_id: UUID) -> list[ContactView]:
    """The tries to reach the client, the last first."""
    rows = await session.scalars(
        select(ContactAttempt)
        .where(col(ContactAttempt.case_id) == case_id)
        .order_by(col(ContactAttempt.id).desc())
        .limit(CONTACTS_SHOWN)
    )
    return [
        ContactView(
            channel=ContactChannel(row.channel),
            outcome=ContactOutcome(row.outcome),
            at=row.at,
            worker=row.worker_id,
        )
        for row in rows
    ]
