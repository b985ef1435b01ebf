"""Bodies of the case endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.codes import (
    AlternativeService,
    CaseStatus,
    ClosingReason,
    ContactChannel,
    ContactOutcome,
    Urgency,
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContactAttemptBody(_Body):
    """A try to reach the client, failed or not."""

    channel: ContactChannel
    outcome: ContactOutcome
    at: Annotated[AwareDatetime, Field(description="when it was tried; not in the future")]


class ClosingBody(_Body):
    """How the case ends."""

    reason: ClosingReason
    alternative_service: Annotated[
        AlternativeService | None,
        Field(description="what would have been given without this service"),
    ] = None


class CaseView(BaseModel):
    """A case. Who the client is, the referral service tells to those who may know."""

    id: UUID
    client_ref: UUID
    status: CaseStatus
    team: UUID
    workers: list[UUID]
    referral_ids: list[UUID]
    county: str
    municipality: str
    urgency: Urgency
    opened_at: datetime
    contact_due_at: datetime
    attempts: Annotated[int, Field(description="tries until the client was reached")]
    contacted_at: datetime | None
    closed_at: datetime | None
    closing_reason: ClosingReason | None
    alternative_service: AlternativeService | None
