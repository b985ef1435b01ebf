"""Events of a case's deadlines. Why the law sets a date is told to nobody: it may be the client's
age or health; the date is enough."""

from datetime import date

from pydantic import AwareDatetime

from shared.contracts.base import event
from shared.contracts.caseload import CaseEvent
from shared.contracts.topics import CASE


@event("nopsa.case.contact-overdue.v1", topic=CASE)
class ContactOverdue(CaseEvent):
    """Nobody reached the client by the time the team had set itself; told once in a period of
    service. `waiting`: they are in line still and have no worker."""

    contact_due_at: AwareDatetime
    waiting: bool = False


@event("nopsa.case.assessment-overdue.v1", topic=CASE)
class AssessmentOverdue(CaseEvent):
    """The assessment of service needs was not begun by the last day that the law sets (Social
    Welfare Act, section 36); told once in a period of service. `waiting`: as above."""

    assessment_due_on: date
    waiting: bool = False


@event("nopsa.case.statutory-ground-recorded.v1", topic=CASE)
class StatutoryGroundRecorded(CaseEvent):
    """A worker said whether the law sets a date for this client; None: it sets none."""

    assessment_due_on: date | None = None
