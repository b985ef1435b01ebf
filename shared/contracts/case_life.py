"""Events of a case's life between assignment and end: assessment, goals, motivation, visits,
cadence, housing, segment, warm handover and return. Codes and numbers only."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import event
from shared.contracts.caseload import CaseEvent
from shared.contracts.codes import (
    CaseStatus,
    GoalArea,
    HandoverDecline,
    HandoverFailure,
    HousingStatus,
    Profession,
    Sector,
    VisitCancelledBy,
    VisitCancelReason,
    VisitLocation,
)
from shared.contracts.topics import CASE


class AssessmentEvent(CaseEvent):
    """An assessment of service needs; `joint_with` is the other sector that takes part."""

    joint_with: Sector | None = None


@event("nopsa.case.assessment-started.v1", topic=CASE)
class AssessmentStarted(AssessmentEvent):
    """The assessment of service needs was begun."""


@event("nopsa.case.assessment-completed.v1", topic=CASE)
class AssessmentCompleted(AssessmentEvent):
    """The assessment of service needs is done; support goes on from it."""


class GoalEvent(CaseEvent):
    """A small goal of the client's plan. What it says stays at the team."""

    goal_id: UUID
    area: GoalArea


@event("nopsa.case.goal-set.v1", topic=CASE)
class GoalSet(GoalEvent):
    """A goal was agreed on."""


@event("nopsa.case.goal-attained.v1", topic=CASE)
class GoalAttained(GoalEvent):
    """The client attained the goal."""


@event("nopsa.case.goal-dropped.v1", topic=CASE)
class GoalDropped(GoalEvent):
    """The goal is no longer one."""


@event("nopsa.case.motivation-recorded.v1", topic=CASE)
class MotivationRecorded(CaseEvent):
    """The client's motivation points, 1-10.

    Falling points can mean that the need has fallen: no consumer may show them as deterioration.
    """

    value: int
    previous: int | None = None


class VisitEvent(CaseEvent):
    """A meeting with the client. `over_nurse_limit`: after this the case holds more meetings with
    a psychiatric nurse than a nurse in a social team is for."""

    visit_id: UUID
    scheduled_at: AwareDatetime
    location: VisitLocation
    workers: tuple[UUID, ...]
    professions: tuple[Profession, ...]
    over_nurse_limit: bool = False


@event("nopsa.case.visit-booked.v1", topic=CASE)
class VisitBooked(VisitEvent):
    """A meeting was agreed on."""


@event("nopsa.case.visit-kept.v1", topic=CASE)
class VisitKept(VisitEvent):
    """The meeting took place, at `occurred_at`."""


@event("nopsa.case.visit-cancelled.v1", topic=CASE)
class VisitCancelled(VisitEvent):
    """A booked meeting did not, or will not, take place. Imported history tells not why."""

    cancelled_by: VisitCancelledBy | None = None
    reason: VisitCancelReason | None = None


@event("nopsa.case.cadence-changed.v1", topic=CASE)
class CadenceChanged(CaseEvent):
    """How often client and team meet; `status` is that of the case from now on."""

    days_between: int
    tapering: bool
    status: CaseStatus


@event("nopsa.case.housing-changed.v1", topic=CASE)
class HousingChanged(CaseEvent):
    """The client lives differently; `from_status` is None when it was not known before."""

    from_status: HousingStatus | None = None
    to_status: HousingStatus
    since: date | None = None


@event("nopsa.case.segment-changed.v1", topic=CASE)
class SegmentChanged(CaseEvent):
    """The client's segment; both are codes of the county's own lists."""

    support_need: str
    complexity: str


class HandoverEvent(CaseEvent):
    """A warm handover to a receiving service; the kind and the service are the county's codes."""

    handover_id: UUID
    receiver_id: UUID | None = None
    receiver_kind: str
    service: str


class HandoverEndedEvent(HandoverEvent):
    """A handover that came to nothing; `back_to_support`: with it the case is the team's alone."""

    back_to_support: bool


@event("nopsa.case.handover-proposed.v1", topic=CASE)
class HandoverProposed(HandoverEvent):
    """The team asked a service to take the client over."""

    answer_due_at: AwareDatetime


@event("nopsa.case.handover-accepted.v1", topic=CASE)
class HandoverAccepted(HandoverEvent):
    """The receiving service said yes; the team goes along until it confirms."""


@event("nopsa.case.handover-declined.v1", topic=CASE)
class HandoverDeclined(HandoverEndedEvent):
    """The receiving service said no."""

    reason: HandoverDecline


@event("nopsa.case.handover-joint-meeting-held.v1", topic=CASE)
class HandoverJointMeetingHeld(HandoverEvent):
    """Client, team and receiving service met for the first time, at `occurred_at`."""


@event("nopsa.case.handover-confirmed.v1", topic=CASE)
class HandoverConfirmed(HandoverEvent):
    """The receiving service has the client, after a first joint meeting: the handover is done."""


@event("nopsa.case.handover-failed.v1", topic=CASE)
class HandoverFailed(HandoverEndedEvent):
    """The handover came to nothing, or nobody answered in time."""

    reason: HandoverFailure


@event("nopsa.case.handover-followed-up.v1", topic=CASE)
class HandoverFollowedUp(HandoverEvent):
    """So many days after the confirmation: is the client still with the receiving service."""

    days: int
    attached: bool


@event("nopsa.case.returned.v1", topic=CASE)
class CaseReturned(CaseEvent):
    """The client came back without a new referral: this case goes on from an earlier one, and
    whatever the client had consented to has to be asked again."""

    previous_case: UUID
    previous_closed_at: AwareDatetime
