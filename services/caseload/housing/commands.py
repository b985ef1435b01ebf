"""Writing down how the client lives: one transaction, once per idempotency key."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.cases.changing import Change, Deed, Work, carry_out
from services.caseload.cases.rules import Action
from services.caseload.housing.schemas import HousingBody
from shared.contracts.case_life import HousingChanged
from shared.crypto import BlindIndex
from shared.idempotency import Answer


async def change_housing(
    session: AsyncSession, index: BlindIndex, change: Change, body: HousingBody
) -> Answer:
    """The client lives so now."""

    async def do(work: Work) -> None:
        work.take(Action.CHANGE_HOUSING)
        before = work.life.housing_status
        work.life.housing_status = body.status
        work.life.housing_since = body.since
        work.tell(HousingChanged, from_status=before, to_status=body.status, since=body.since)

    return await carry_out(session, index, change, Deed("housing", "housing.change"), body, do)
