"""A case as its events tell it; pure.

What stands in the tables is the same: folding the events of a case, in their order, gives the case
with all that belongs to it. A reader of the topic may do as this does.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from services.caseload.cases import rules
from services.caseload.cases.rules import Action
from services.caseload.goals import rules as goal_rules
from services.caseload.goals.rules import GoalAction, GoalState
from services.caseload.handovers import rules as handover_rules
from services.caseload.handovers.rules import HandoverAction, HandoverState
from services.caseload.visits import rules as visit_rules
from services.caseload.visits.rules import VisitAction, VisitState
from shared.contracts import case_life as life
from shared.contracts import caseload as core
from shared.contracts import deadlines
from shared.contracts.caseload import CaseEvent
from shared.contracts.codes import CaseStatus


class BrokenHistoryError(Exception):
    """The events are not those of one case: a version is missing, or a step was not allowed."""


@dataclass
class Folded:
    """A case as its events tell it. `status` is None while the client waits in line."""

    version: int = 0
    status: CaseStatus | None = None
    client_ref: UUID | None = None
    team: UUID | None = None
    workers: frozenset[UUID] = frozenset()
    previous_case: UUID | None = None
    attempts: int = 0
    escalated: bool = False
    contacted_at: datetime | None = None
    assessment: tuple[datetime, datetime | None] | None = None
    motivation: list[int] = field(default_factory=list)
    cadence: tuple[int, bool] | None = None
    housing: tuple[str, date | None] | None = None
    segment: tuple[str, str] | None = None
    goals: dict[UUID, GoalState] = field(default_factory=dict)
    visits: dict[UUID, VisitState] = field(default_factory=dict)
    over_nurse_limit: bool = False
    handovers: dict[UUID, HandoverState] = field(default_factory=dict)
    follow_ups: dict[tuple[UUID, int], bool] = field(default_factory=dict)
    assessment_due_on: date | None = None
    contact_overdue: bool = False
    assessment_overdue: bool = False
    closing_reason: str | None = None
    alternative_service: str | None = None


Apply = Callable[[Folded, Any], None]
State = TypeVar("State")
Step = TypeVar("Step")


def fold(events: Iterable[CaseEvent]) -> Folded:
    """The case. Raises `BrokenHistoryError`."""
    case = Folded()
    for event in events:
        if event.version != case.version + 1:
            raise BrokenHistoryError(f"version {event.version} after {case.version}")
        case.version = event.version
        case.client_ref, case.team = event.client_ref, event.team
        _APPLY.get(type(event), _nothing)(case, event)
    return case


def _nothing(case: Folded, event: CaseEvent) -> None:
    """The event is about the referral or the line, not about the case."""


def _take(case: Folded, action: Action) -> None:
    moved = rules.after(case.status, action) if case.status else None
    if moved is None:
        raise BrokenHistoryError(f"{action} while {case.status}")
    case.status = moved


def _returned(case: Folded, event: life.CaseReturned) -> None:
    case.previous_case = event.previous_case


def _taken(case: Folded, event: core.ReferralAccepted | core.CaseWaitlisted) -> None:
    case.assessment_due_on = event.assessment_due_on


def _assigned(case: Folded, event: core.CaseAssigned) -> None:
    case.status = event.status or CaseStatus.ASSIGNED
    case.workers = frozenset(event.workers)
    case.assessment_due_on = event.assessment_due_on


def _ground_recorded(case: Folded, event: deadlines.StatutoryGroundRecorded) -> None:
    _take(case, Action.RECORD_GROUND)
    case.assessment_due_on = event.assessment_due_on


def _contact_overdue(case: Folded, _: deadlines.ContactOverdue) -> None:
    if case.contact_overdue or case.contacted_at or case.status == CaseStatus.CLOSED:
        raise BrokenHistoryError("told as overdue twice, or after the contact or the end")
    case.contact_overdue = True


def _assessment_overdue(case: Folded, _: deadlines.AssessmentOverdue) -> None:
    if case.assessment_overdue or case.assessment or case.status == CaseStatus.CLOSED:
        raise BrokenHistoryError("told as overdue twice, or after the start or the end")
    case.assessment_overdue = True


def _reassigned(case: Folded, event: core.CaseReassigned) -> None:
    _take(case, Action.REASSIGN)
    case.workers = frozenset(event.workers)


def _attempted(case: Folded, event: core.ContactAttempted) -> None:
    _take(case, Action.ATTEMPT_CONTACT)
    case.attempts, case.escalated = event.attempt, event.escalated


def _contacted(case: Folded, event: core.CaseContacted) -> None:
    _take(case, Action.REACH)
    case.attempts, case.escalated = event.attempt, False
    case.contacted_at = event.occurred_at


def _assessment_started(case: Folded, event: life.AssessmentStarted) -> None:
    _take(case, Action.START_ASSESSMENT)
    case.assessment = (event.occurred_at, None)


def _assessment_completed(case: Folded, event: life.AssessmentCompleted) -> None:
    _take(case, Action.COMPLETE_ASSESSMENT)
    if case.assessment is None:
        raise BrokenHistoryError("completed before it began")
    case.assessment = (case.assessment[0], event.occurred_at)


def _goal_set(case: Folded, event: life.GoalSet) -> None:
    _take(case, Action.SET_GOAL)
    case.goals[event.goal_id] = GoalState.OPEN


def _goal_ended(action: GoalAction) -> Apply:
    def apply(case: Folded, event: life.GoalEvent) -> None:
        _take(case, Action.END_GOAL)
        _move(case.goals, event.goal_id, goal_rules.after, action)

    return apply


def _motivation(case: Folded, event: life.MotivationRecorded) -> None:
    _take(case, Action.RECORD_MOTIVATION)
    if event.previous != (case.motivation[-1] if case.motivation else None):
        raise BrokenHistoryError("the points before are others")
    case.motivation.append(event.value)


def _visit_booked(case: Folded, event: life.VisitBooked) -> None:
    _take(case, Action.BOOK_VISIT)
    case.visits[event.visit_id] = VisitState.BOOKED
    case.over_nurse_limit = event.over_nurse_limit


def _visit_ended(action: Action, step: VisitAction) -> Apply:
    def apply(case: Folded, event: life.VisitEvent) -> None:
        _take(case, action)
        _move(case.visits, event.visit_id, visit_rules.after, step)
        case.over_nurse_limit = event.over_nurse_limit

    return apply


def _cadence(case: Folded, event: life.CadenceChanged) -> None:
    _take(case, rules.cadence(event.tapering))
    if case.status != event.status:
        raise BrokenHistoryError(f"{case.status}, told as {event.status}")
    case.cadence = (event.days_between, event.tapering)


def _housing(case: Folded, event: life.HousingChanged) -> None:
    _take(case, Action.CHANGE_HOUSING)
    case.housing = (event.to_status, event.since)


def _segment(case: Folded, event: life.SegmentChanged) -> None:
    _take(case, Action.SET_SEGMENT)
    case.segment = (event.support_need, event.complexity)


def _handover_proposed(case: Folded, event: life.HandoverProposed) -> None:
    _take(case, Action.PROPOSE_HANDOVER)
    case.handovers[event.handover_id] = HandoverState.PROPOSED


def _handover_moved(action: HandoverAction) -> Apply:
    def apply(case: Folded, event: life.HandoverEvent) -> None:
        _take(case, Action.ADVANCE_HANDOVER)
        _move(case.handovers, event.handover_id, handover_rules.after, action)

    return apply


def _handover_ended(action: HandoverAction) -> Apply:
    def apply(case: Folded, event: life.HandoverEndedEvent) -> None:
        _move(case.handovers, event.handover_id, handover_rules.after, action)
        if event.back_to_support:
            _take(case, Action.BOUNCE_BACK)
            case.cadence = (case.cadence[0], False) if case.cadence else None

    return apply


def _followed_up(case: Folded, event: life.HandoverFollowedUp) -> None:
    case.follow_ups[event.handover_id, event.days] = event.attached


def _closed(case: Folded, event: core.CaseClosed) -> None:
    _take(case, rules.closing(event.reason))
    case.closing_reason, case.alternative_service = event.reason, event.alternative_service


def _move(
    parts: dict[UUID, State], part: UUID, after: Callable[[State, Step], State | None], step: Step
) -> None:
    """Moves a goal, visit or handover that the events told of before."""
    state = parts.get(part)
    moved = after(state, step) if state is not None else None
    if moved is None:
        raise BrokenHistoryError(f"{step} while {state}")
    parts[part] = moved


_APPLY: Mapping[type[CaseEvent], Apply] = {
    life.CaseReturned: _returned,
    core.ReferralAccepted: _taken,
    core.CaseWaitlisted: _taken,
    core.CaseAssigned: _assigned,
    core.CaseReassigned: _reassigned,
    deadlines.StatutoryGroundRecorded: _ground_recorded,
    deadlines.ContactOverdue: _contact_overdue,
    deadlines.AssessmentOverdue: _assessment_overdue,
    core.ContactAttempted: _attempted,
    core.CaseContacted: _contacted,
    life.AssessmentStarted: _assessment_started,
    life.AssessmentCompleted: _assessment_completed,
    life.GoalSet: _goal_set,
    life.GoalAttained: _goal_ended(GoalAction.ATTAIN),
    life.GoalDropped: _goal_ended(GoalAction.DROP),
    life.MotivationRecorded: _motivation,
    life.VisitBooked: _visit_booked,
    life.VisitKept: _visit_ended(Action.KEEP_VISIT, VisitAction.KEEP),
    life.VisitCancelled: _visit_ended(Action.CANCEL_VISIT, VisitAction.CANCEL),
    life.CadenceChanged: _cadence,
    life.HousingChanged: _housing,
    life.SegmentChanged: _segment,
    life.HandoverProposed: _handover_proposed,
    life.HandoverAccepted: _handover_moved(HandoverAction.ACCEPT),
    life.HandoverJointMeetingHeld: _handover_moved(HandoverAction.MEET),
    life.HandoverConfirmed: _handover_moved(HandoverAction.CONFIRM),
    life.HandoverDeclined: _handover_ended(HandoverAction.DECLINE),
    life.HandoverFailed: _handover_ended(HandoverAction.FAIL),
    life.HandoverFollowedUp: _followed_up,
    core.CaseClosed: _closed,
}
