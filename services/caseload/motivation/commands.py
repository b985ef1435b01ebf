"""Writing motivation points down: one transaction, once per idempotency key."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.cases import rules as case_rules
from services.caseload.cases.changing import Change, Deed, Work, carry_out, refuse
from services.caseload.cases.rules import Action
from services.caseload.motivation.schemas import MotivationBody
from services.caseload.tables import MotivationPoint
from shared.contracts.case_life import MotivationRecorded
from shared.crypto import BlindIndex
from shared.idempotency import Answer
from shared.ids import new_id


async def record_motivation(
    session: AsyncSession, index: BlindIndex, change: Change, body: MotivationBody
) -> Answer:
    """Adds the points; what was written down last is the latest, whatever its moment."""

    async def do(work: Work) -> None:
        work.take(Action.RECORD_MOTIVATION)
        at = body.at or work.now
        impossible = case_rules.contact_time_error(at, work.case.opened_at, work.now)
        refuse("/at", impossible, "the client cannot have said so at this moment")
        session.add(
            MotivationPoint(
                id=new_id(),
                case_id=work.case.id,
                value=body.value,
                at=at,
                recorded_at=work.now,
                worker_id=change.worker(),
            )
        )
        life = work.life
        life.motivation_before, life.motivation = life.motivation, body.value
        life.motivation_at = at
        work.tell(MotivationRecorded, at=at, value=body.value, previous=life.motivation_before)

    deed = Deed("motivation", "motivation.record", 201)
    return await carry_out(session, index, change, deed, body, do)
