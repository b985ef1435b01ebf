"""Bodies of the visit endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.notices import Notice
from services.caseload.visits.rules import VisitState
from shared.contracts.codes import VisitCancelledBy, VisitCancelReason, VisitLocation
from shared.when import Instant


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BookingBody(_Body):
    """A meeting that was agreed on, or that is written down afterwards."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "at": "2026-12-01T10:00:00Z",
                    "location": "home",
                    "with": ["01980000-0000-7000-8000-000000000301"],
                }
            ]
        }
    )

    at: Annotated[Instant, Field(description="at most a year ahead")]
    location: VisitLocation
    with_: Annotated[
        list[UUID] | None,
        Field(
            alias="with",
            min_length=1,
            max_length=10,
            description="ids of the workers; you when left out, or all workers of the case when "
            "your token names none",
        ),
    ] = None


class KeepingBody(_Body):
    """A visit that took place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    at: Annotated[
        Instant | None,
        Field(description="when it was held, if not as booked; not in the future"),
    ] = None


class CancellingBody(_Body):
    """A visit that did not, or will not, take place."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"by": "client", "reason": "no_show"}]}
    )

    by: VisitCancelledBy = VisitCancelledBy.CLIENT
    reason: VisitCancelReason = VisitCancelReason.OTHER


class VisitView(BaseModel):
    """A visit of a case."""

    model_config = ConfigDict(serialize_by_alias=True)

    id: UUID
    case: UUID
    status: VisitState
    at: datetime
    location: VisitLocation
    with_: Annotated[list[UUID], Field(serialization_alias="with")]
    booked_at: datetime
    held_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: VisitCancelledBy | None
    cancel_reason: VisitCancelReason | None
    warnings: list[Notice] = []
