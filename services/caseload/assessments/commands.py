"""Beginning and completing an assessment: one transaction, once per idempotency key."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.assessments.schemas import AssessmentBody, Step
from services.caseload.cases import rules as case_rules
from services.caseload.cases.changing import Change, Deed, Work, carry_out, refuse
from services.caseload.cases.rules import Action
from services.caseload.tables import CaseLife
from shared.contracts.case_life import (
    AssessmentCompleted,
    AssessmentEvent,
    AssessmentStarted,
)
from shared.crypto import BlindIndex
from shared.idempotency import Answer

_ACTIONS: dict[Step, tuple[Action, type[AssessmentEvent]]] = {
    Step.START: (Action.START_ASSESSMENT, AssessmentStarted),
    Step.COMPLETE: (Action.COMPLETE_ASSESSMENT, AssessmentCompleted),
}


async def assess(
    session: AsyncSession, index: BlindIndex, change: Change, body: AssessmentBody
) -> Answer:
    """Begins an assessment, or completes it: support goes on from there."""
    action, event = _ACTIONS[body.action]

    async def do(work: Work) -> None:
        work.take(action)
        at = body.at or work.now
        impossible = case_rules.contact_time_error(at, work.case.opened_at, work.now)
        refuse("/at", impossible, "an assessment cannot have been at this moment")
        _keep(work.life, body, at)
        work.tell(event, at=at, joint_with=work.life.assessment_joint_with)

    return await carry_out(
        session, index, change, Deed("assessment", f"assessment.{body.action}"), body, do
    )


def _keep(life: CaseLife, body: AssessmentBody, at: datetime) -> None:
    if body.action == Step.START:
        life.assessment_started_at = at
        life.assessment_completed_at = None
        life.assessment_joint_with = body.joint_with
        return
    before_start = life.assessment_started_at is not None and at < life.assessment_started_at
    refuse("/at", "before_the_start" if before_start else None, "it began later than that")
    life.assessment_completed_at = at
    life.assessment_joint_with = body.joint_with or life.assessment_joint_with
