"""The first contact, and the tries before it, on a case that is being changed."""

from datetime import datetime

from services.caseload.cases.changing import Work
from services.caseload.cases.schemas import ContactAttemptBody
from shared.contracts.caseload import CaseContacted, ContactAttempted
from shared.contracts.codes import ContactChannel


def reached(work: Work, channel: ContactChannel, at: datetime) -> None:
    """The client was reached for the first time; whatever was escalated is settled."""
    case = work.case
    case.attempts += 1
    case.contacted_at = at
    work.life.contact_escalated = False
    work.tell(
        CaseContacted,
        at=at,
        channel=channel,
        attempt=case.attempts,
        within_deadline=at <= case.contact_due_at,
    )


def failed(work: Work, body: ContactAttemptBody, escalate_after: int) -> None:
    """The client was not reached, once more; too many of these are told as escalated."""
    case = work.case
    case.attempts += 1
    work.life.contact_escalated = case.attempts >= escalate_after
    work.tell(
        ContactAttempted,
        at=body.at,
        channel=body.channel,
        outcome=body.outcome,
        attempt=case.attempts,
        escalated=work.life.contact_escalated,
    )
