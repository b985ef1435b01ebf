"""Bodies of the return endpoint."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.notices import Notice
from shared.contracts.codes import Reason, Urgency


class ReturnBody(BaseModel):
    """A client who comes back; all of it may be left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"urgency": "urgent", "reasons": ["homelessness"]}]},
    )

    urgency: Annotated[Urgency | None, Field(description="as before when left out")] = None
    reasons: Annotated[
        list[Reason] | None, Field(min_length=1, description="as before when left out")
    ] = None


class ReturnView(BaseModel):
    """The new period: a case, or a place in line that becomes one under the same id."""

    id: UUID
    previous_case: UUID
    client_ref: UUID
    status: Literal["assigned", "waitlisted"]
    team: UUID
    contact_due_at: datetime
    open_questions: list[Notice]
