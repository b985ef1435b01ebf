"""Events of the caseload service: cases, teams and workers.

A waitlist place and the case that grows of it share one id, so a person's path has one aggregate.
"""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, PositiveInt

from shared.contracts.base import EventData, event
from shared.contracts.codes import (
    AgeGroup,
    AlternativeService,
    CaseStatus,
    ClosingReason,
    ContactChannel,
    ContactOutcome,
    HousingService,
    PartnerKind,
    Production,
    Profession,
    ReassignmentReason,
    Sector,
    ServiceChannel,
)
from shared.contracts.fields import Code
from shared.contracts.topics import CASE, TEAM


class CaseEvent(EventData):
    """What every event of a case tells: whose it is and which referrals it answers."""

    client_ref: UUID
    referral_ids: tuple[UUID, ...]
    team: UUID | None = None


@event("nopsa.case.referral-accepted.v1", topic=CASE)
class ReferralAccepted(CaseEvent):
    """A team took the referral; `joined_open_case` when the client was a client already.

    `assessment_due_on` is the last day that the law sets for the assessment of service needs to
    begin; None when it sets none.
    """

    referral_id: UUID
    contact_due_at: AwareDatetime
    joined_open_case: bool
    assessment_due_on: date | None = None


@event("nopsa.case.waitlisted.v1", topic=CASE)
class CaseWaitlisted(CaseEvent):
    """No team has room; the referral keeps its place. `team` is None when no team covers it."""

    referral_id: UUID
    contact_due_at: AwareDatetime
    assessment_due_on: date | None = None


@event("nopsa.case.redirected.v1", topic=CASE)
class CaseRedirected(CaseEvent):
    """No team of its own could take the referral; it went to the county's guidance unit."""

    referral_id: UUID
    from_team: UUID | None = None
    reason: str


@event("nopsa.case.assigned.v1", topic=CASE)
class CaseAssigned(CaseEvent):
    """A worker, or a work pair, has the case.

    A case of imported history had no referral here and names no worker: it alone tells where it
    came from (`source_kind`), the client's age when it was opened, in which `status` it was taken
    over, and, while it is open, what would have been given without the service.
    """

    workers: tuple[UUID, ...]
    opened_at: AwareDatetime
    contact_due_at: AwareDatetime
    county: str
    municipality: str
    source_kind: PartnerKind | None = None
    age_group: AgeGroup | None = None
    status: CaseStatus | None = None
    alternative_service: AlternativeService | None = None
    assessment_due_on: date | None = None


@event("nopsa.case.contact-attempted.v1", topic=CASE)
class ContactAttempted(CaseEvent):
    """A try to reach the client that did not reach them; `escalated`: one of too many by now."""

    channel: ContactChannel
    outcome: ContactOutcome
    attempt: int
    escalated: bool = False


@event("nopsa.case.contacted.v1", topic=CASE)
class CaseContacted(CaseEvent):
    """The client was reached for the first time in this case."""

    channel: ContactChannel
    attempt: int
    within_deadline: bool


@event("nopsa.case.closed.v1", topic=CASE)
class CaseClosed(CaseEvent):
    """The case ended."""

    reason: ClosingReason
    closed_at: AwareDatetime
    alternative_service: AlternativeService | None = None


class PlacementEvent(EventData):
    """A client's placement on the service ladder, an aggregate of its own; not every client of a
    housing service has a case. `team` is the one that wrote it down."""

    client_ref: UUID
    case_id: UUID | None = None
    team: UUID | None = None
    county: str | None = None


@event("nopsa.case.placed.v1", topic=CASE)
class CasePlaced(PlacementEvent):
    """The client has this service from `starts_on`, until and with `ends_on` if that is told.

    A corrected placement is told again: the newest version holds. One that was `entered_in_error`
    never was.
    """

    service_type: HousingService
    production: Production
    channel: ServiceChannel
    starts_on: date
    ends_on: date | None = None
    requires_sobriety: bool | None = None
    entered_in_error: bool = False


@event("nopsa.case.placement-ended.v1", topic=CASE)
class PlacementEnded(PlacementEvent):
    """`ends_on` is the last day of the placement."""

    ends_on: date


@event("nopsa.case.service-path-changed.v1", topic=CASE)
class ServicePathChanged(EventData):
    """A client of many services has one shared plan, or it was changed; an aggregate of its own.

    `organisations` counts them, the team's among them; `roles` are the parts that they play.
    """

    client_ref: UUID
    case_id: UUID
    team: UUID
    organisations: PositiveInt
    roles: tuple[Code, ...]
    next_review_on: date


@event("nopsa.team.team-changed.v1", topic=TEAM)
class TeamChanged(EventData):
    """A team was set up or changed."""

    county: str
    municipalities: tuple[str, ...]
    target_groups: tuple[str, ...]
    guidance_unit: bool
    guideline_caseload: int


@event("nopsa.team.worker-changed.v1", topic=TEAM)
class WorkerChanged(EventData):
    """A worker was set up or changed; `aggregate_id` is the worker's id, never a name."""

    team: UUID
    profession: Profession
    employer_sector: Sector
    capacity_points: int


@event("nopsa.case.reassigned.v1", topic=CASE)
class CaseReassigned(CaseEvent):
    """A person gave the case to other workers; `beyond_capacity` when there was no room."""

    workers: tuple[UUID, ...]
    before: tuple[UUID, ...]
    reason: ReassignmentReason
    beyond_capacity: bool


@event("nopsa.case.client-corrected.v1", topic=CASE)
class CaseClientCorrected(CaseEvent):
    """Two persons who were taken for one are two again, and this case is the other one's:
    `client_ref` from now on, not `before`."""

    before: UUID


@event("nopsa.team.absence-recorded.v1", topic=TEAM)
class AbsenceRecorded(EventData):
    """A worker takes no new cases on these days, both included; `aggregate_id` is the worker's id.

    Why is not told: it may be a matter of the worker's health.
    """

    team: UUID
    absence: UUID
    from_day: date
    to_day: date


@event("nopsa.team.absence-cancelled.v1", topic=TEAM)
class AbsenceCancelled(EventData):
    """The worker takes new cases after all, or again."""

    team: UUID
    absence: UUID


class IntakeEvent(EventData):
    """Whose intake of which partners; `aggregate_id` is the team's id too."""

    team: UUID
    partner_kind: PartnerKind


@event("nopsa.team.intake-paused.v1", topic=TEAM)
class IntakePaused(IntakeEvent):
    """From the next referral on, those of this kind of partner go elsewhere or wait."""

    until: AwareDatetime | None = None
    redirect_to: UUID | None = None


@event("nopsa.team.intake-resumed.v1", topic=TEAM)
class IntakeResumed(IntakeEvent):
    """The team takes referrals of this kind of partner again; `by_itself`: the pause ran out."""

    by_itself: bool


@event("nopsa.team.caseload-over-guideline.v1", topic=TEAM)
class CaseloadOverGuideline(EventData):
    """The team's workers have more open cases each than they should; told again only after it was
    otherwise. A work pair's case counts for both; `aggregate_id` is the team's id too."""

    team: UUID
    workers: int
    open_cases_per_worker: float
    guideline_caseload: int
