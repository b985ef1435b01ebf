"""Placing a client in a segment: one transaction, once per idempotency key."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.cases.changing import Change, Deed, Work, carry_out, refuse
from services.caseload.cases.rules import Action
from services.caseload.segments.schemas import SegmentBody
from services.caseload.settings import Settings
from shared.contracts.case_life import SegmentChanged
from shared.crypto import BlindIndex
from shared.idempotency import Answer


async def set_segment(
    session: AsyncSession, index: BlindIndex, change: Change, body: SegmentBody, policy: Settings
) -> Answer:
    """Sets the segment. Raises `validation_failed` for codes that the county does not know."""

    async def do(work: Work) -> None:
        work.take(Action.SET_SEGMENT)
        _check("/support_need", body.support_need, policy.support_needs)
        _check("/complexity", body.complexity, policy.complexities)
        work.life.support_need = body.support_need
        work.life.complexity = body.complexity
        work.tell(SegmentChanged, support_need=body.support_need, complexity=body.complexity)

    return await carry_out(session, index, change, Deed("segment", "segment.set"), body, do)


def _check(pointer: str, code: str, known: tuple[str, ...]) -> None:
    unknown = None if code in known else "code_unknown"
    refuse(pointer, unknown, f"the county knows {', '.join(known)}")
