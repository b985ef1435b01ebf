"""A worker says whether the law sets a date for a client: one transaction."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.cases.changing import Change, Deed, Work, carry_out
from services.caseload.cases.rules import Action
from services.caseload.deadlines import clocks
from services.caseload.deadlines.rules import Ground
from services.caseload.deadlines.schemas import GroundBody
from shared.contracts.deadlines import StatutoryGroundRecorded
from shared.crypto import BlindIndex
from shared.idempotency import Answer


async def record_ground(
    session: AsyncSession, index: BlindIndex, change: Change, body: GroundBody
) -> Answer:
    """Sets the ground in place of what the referrals told. The date counts from the day on which
    the matter became pending, also when that puts it in the past."""

    async def do(work: Work) -> None:
        work.take(Action.RECORD_GROUND)
        clock = await clocks.clock_of(session, work.case)
        clocks.record(clock, Ground(body.ground) if body.ground else None)
        work.tell(StatutoryGroundRecorded, assessment_due_on=clock.assessment_due_on)

    deed = Deed("statutory-ground", "statutory_ground.set")
    return await carry_out(session, index, change, deed, body, do)
