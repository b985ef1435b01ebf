"""Agreeing on a cadence: one transaction, once per idempotency key."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.cadence.schemas import CadenceBody
from services.caseload.cases import rules as case_rules
from services.caseload.cases.changing import Change, Deed, Work, carry_out
from shared.contracts.case_life import CadenceChanged
from shared.contracts.codes import CaseStatus
from shared.crypto import BlindIndex
from shared.idempotency import Answer


async def change_cadence(
    session: AsyncSession, index: BlindIndex, change: Change, body: CadenceBody
) -> Answer:
    """Sets the cadence; a tapering one ends the support gradually."""

    async def do(work: Work) -> None:
        work.take(case_rules.cadence(body.tapering))
        work.life.days_between_visits = body.days_between
        work.life.tapering = body.tapering
        status = CaseStatus(work.case.status)
        work.tell(
            CadenceChanged, days_between=body.days_between, tapering=body.tapering, status=status
        )

    return await carry_out(session, index, change, Deed("cadence", "cadence.change"), body, do)
