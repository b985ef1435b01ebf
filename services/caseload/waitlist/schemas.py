"""A place in line as a team sees it, and the body that moves one."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.caseload.reasons import LeadsDecision, ReasonText
from services.caseload.wording import Because
from shared.contracts.codes import Reason, Urgency


class PlaceView(BaseModel):
    """A client who waits; `id` will be the id of the case."""

    id: UUID
    client_ref: UUID
    person: Annotated[
        UUID,
        Field(description="the client_ref that the person is kept under, if linked or merged"),
    ]
    same_person_as: Annotated[
        list[UUID], Field(description="what else is open of the same person in this team")
    ]
    team: UUID | None
    rank: Annotated[int, Field(description="1 is the next of those who wait for the same team")]
    why: list[Because]
    referral_ids: list[UUID]
    municipality: str
    urgency: Urgency
    reasons: list[Reason]
    leaves_institution_on: date | None
    received_at: datetime
    contact_due_at: datetime
    decisions: Annotated[list[LeadsDecision], Field(description="of leads, the latest first")]


class MoveBody(BaseModel):
    """Where in line the client is to stand, and why."""

    model_config = ConfigDict(extra="forbid")

    before: Annotated[UUID | None, Field(description="the place to stand right before")] = None
    to_front: bool = False
    reason: ReasonText

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> Self:
        if (self.before is not None) == self.to_front:
            raise PydanticCustomError("before_or_to_front", "give either before or to_front")
        return self
