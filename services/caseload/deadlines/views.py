"""What is shown of a case's deadlines; a late contact stays visible as one."""

from datetime import date, datetime
from typing import TypedDict

from services.caseload.deadlines import clocks, rules
from services.caseload.deadlines.rules import Ground
from services.caseload.notices import Sign
from services.caseload.tables import Case, CaseClock, CaseLife


class Clocked(TypedDict):
    """The fields of a case's view that its statutory clock gives."""

    assessment_due_on: date | None
    statutory_basis: Ground | None


def view_of(clock: CaseClock | None) -> Clocked:
    """The last day that the law sets for the assessment to begin, and why."""
    due = clocks.due(clock) if clock else None
    return Clocked(
        assessment_due_on=due.on if due else None, statutory_basis=due.ground if due else None
    )


def signs(case: Case, life: CaseLife, clock: CaseClock | None, now: datetime) -> dict[Sign, bool]:
    """Which deadlines have passed: told as such already, or late as the case stands."""
    clock = clock or CaseClock(case_id=case.id, pending_since=case.opened_at)
    contact = case.contacted_at or case.closed_at or now
    assessment = life.assessment_started_at or case.closed_at or now
    late_contact = rules.is_contact_late(case.contact_due_at, contact)
    late_assessment = rules.is_assessment_late(clock.assessment_due_on, assessment)
    return {
        Sign.CONTACT_OVERDUE: clock.contact_overdue_at is not None or late_contact,
        Sign.ASSESSMENT_OVERDUE: clock.assessment_overdue_at is not None or late_assessment,
    }
