"""Bodies of the case endpoints."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.assessments.schemas import AssessmentView
from services.caseload.cadence.schemas import CadenceView
from services.caseload.deadlines.rules import Ground
from services.caseload.housing.schemas import HousingView
from services.caseload.motivation.schemas import MotivationView
from services.caseload.notices import Notice
from services.caseload.segments.schemas import SegmentView
from shared.contracts.codes import (
    AlternativeService,
    CaseStatus,
    ClosingReason,
    ContactChannel,
    ContactOutcome,
    Urgency,
)
from shared.when import Instant


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContactAttemptBody(_Body):
    """A try to reach the client, failed or not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"channel": "phone", "outcome": "no_answer", "at": "2026-11-23T09:00:00Z"}]
        }
    )

    channel: ContactChannel
    outcome: ContactOutcome
    at: Annotated[Instant, Field(description="when it was tried; not in the future")]


class ClosingBody(_Body):
    """How the case ends."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "goals_attained", "alternative_service": "supported"}]
        }
    )

    reason: ClosingReason
    alternative_service: Annotated[
        AlternativeService | None,
        Field(description="what would have been given without this service"),
    ] = None


class CaseView(BaseModel):
    """A case. Who the client is, the referral service tells to those who may know."""

    id: UUID
    client_ref: UUID
    person: Annotated[
        UUID,
        Field(description="the client_ref that the person is kept under, if linked or merged"),
    ]
    same_person_as: Annotated[
        list[UUID], Field(description="what else is open of the same person in this team")
    ]
    status: CaseStatus
    team: UUID
    workers: list[UUID]
    referral_ids: list[UUID]
    county: str
    municipality: str
    urgency: Urgency
    opened_at: datetime
    contact_due_at: datetime
    assessment_due_on: Annotated[
        date | None, Field(description="the last day that the law sets for it to begin, if any")
    ]
    statutory_basis: Annotated[Ground | None, Field(description="why the law sets that day")]
    attempts: Annotated[int, Field(description="tries until the client was reached")]
    contacted_at: datetime | None
    closed_at: datetime | None
    closing_reason: ClosingReason | None
    alternative_service: AlternativeService | None
    previous_case: Annotated[
        UUID | None, Field(description="the period before, of a client who came back")
    ]
    assessment: AssessmentView | None
    motivation: MotivationView | None
    cadence: CadenceView | None
    housing: HousingView | None
    segment: SegmentView | None
    open_questions: Annotated[list[Notice], Field(description="what is to be asked of the client")]
    flags: Annotated[list[Notice], Field(description="what to have an eye on")]
