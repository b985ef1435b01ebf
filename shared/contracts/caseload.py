"""Events of the caseload service: cases, teams and workers.

A waitlist place and the case that grows of it share one id, so a person's path has one aggregate.
"""

from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import EventData, event
from shared.contracts.codes import (
    AlternativeService,
    ClosingReason,
    ContactChannel,
    ContactOutcome,
    Profession,
    Sector,
)
from shared.contracts.topics import CASE, TEAM


class CaseEvent(EventData):
    """What every event of a case tells: whose it is and which referrals it answers."""

    client_ref: UUID
    referral_ids: tuple[UUID, ...]
    team: UUID | None = None


@event("nopsa.case.referral-accepted.v1", topic=CASE)
class ReferralAccepted(CaseEvent):
    """A team took the referral; `joined_open_case` when the client was a client already."""

    referral_id: UUID
    contact_due_at: AwareDatetime
    joined_open_case: bool


@event("nopsa.case.waitlisted.v1", topic=CASE)
class CaseWaitlisted(CaseEvent):
    """No team has room; the referral keeps its place. `team` is None when no team covers it."""

    referral_id: UUID
    contact_due_at: AwareDatetime


@event("nopsa.case.redirected.v1", topic=CASE)
class CaseRedirected(CaseEvent):
    """No team of its own could take the referral; it went to the county's guidance unit."""

    referral_id: UUID
    from_team: UUID | None = None
    reason: str


@event("nopsa.case.assigned.v1", topic=CASE)
class CaseAssigned(CaseEvent):
    """A worker, or a work pair, has the case."""

    workers: tuple[UUID, ...]
    opened_at: AwareDatetime
    contact_due_at: AwareDatetime
    county: str
    municipality: str


@event("nopsa.case.contact-attempted.v1", topic=CASE)
class ContactAttempted(CaseEvent):
    """A try to reach the client that did not reach them."""

    channel: ContactChannel
    outcome: ContactOutcome
    attempt: int


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
