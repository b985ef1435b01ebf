"""Bodies of the service gap endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.codes import GapStatus
from shared.contracts.fields import Code, Municipality, Printable

Description = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4000,
        description="what is missing or stuck, without anything that tells who met it",
    ),
    Printable,
]
GapType = Annotated[Code, Field(examples=["hole", "bottleneck"])]
Service = Annotated[Code, Field(examples=["supported_housing", "detoxification"])]
Step = Annotated[Code, Field(examples=["referral", "assessment", "start_of_service"])]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class GapBody(_Body):
    """A hole or bottleneck of the service system, seen from a client's path."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "bottleneck",
                    "service": "supported_housing",
                    "municipality": "398",
                    "step": "start_of_service",
                    "description": "Four months between the decision and a place.",
                }
            ]
        }
    )

    type: GapType
    service: Service
    municipality: Municipality
    step: Annotated[Step, Field(description="where on the client's path")]
    description: Description
    case: Annotated[UUID | None, Field(description="the case in which it was met")] = None


class GapUpdate(_Body):
    """What is known better now; the fields left out stay as they are."""

    type: GapType | None = None
    service: Service | None = None
    municipality: Municipality | None = None
    step: Step | None = None
    description: Description | None = None


class GapResolution(_Body):
    """How the gap ended."""

    resolution: Annotated[
        Code | None, Field(examples=["new_service", "practice_changed", "not_resolvable"])
    ] = None


class GapRecord(BaseModel):
    """A gap without its description, as the answer to a change."""

    id: UUID
    team: Annotated[UUID | None, Field(description="the team that saw it")]
    type: str
    service: str
    municipality: str
    step: str
    case: UUID | None
    status: GapStatus
    resolution: str | None
    reported_at: datetime
    resolved_at: datetime | None


class GapView(GapRecord):
    """A gap as its team reads it."""

    description: str
