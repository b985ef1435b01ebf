"""Bodies of the service path endpoints."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.caseload.days import Day
from shared.contracts.fields import Code, Printable

Organisation = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", to_lower=True),
    Field(
        description="its id in this house, as its tokens carry it in `org`, or its OID",
        examples=["1.2.246.10.99901019.10.1"],
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Participant(_Body):
    """An organisation on the path, and its part; `worker` if one person is known to act for it."""

    organisation: Organisation
    role: Annotated[Code, Field(examples=["social_work", "psychiatric_nursing", "landlord"])]
    worker: UUID | None = None


class ServicePathBody(_Body):
    """The shared plan of a client of many services."""

    coordinator: Annotated[Participant, Field(description="who keeps the services together")]
    participants: Annotated[list[Participant], Field(min_length=1, max_length=50)]
    plan: Annotated[str, Field(min_length=1, max_length=8000), Printable]
    next_review: Annotated[Day, Field(description="by which day the plan is looked at together")]


class ServicePathSummary(BaseModel):
    """A path as it is listed: without the plan."""

    case: UUID
    client_ref: UUID
    team: UUID
    coordinator: Participant
    participants: list[Participant]
    next_review: date
    overdue: bool
    started_at: datetime


class ServicePathView(ServicePathSummary):
    """A path with its plan."""

    plan: str
