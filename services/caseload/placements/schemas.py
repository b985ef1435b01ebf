"""Bodies of the placement endpoints. Days are Finnish; the last one is included."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.caseload.days import Day
from services.caseload.placements.rules import Standing
from shared.contracts.codes import HousingService, Production, ServiceChannel

FirstDay = Annotated[Day, Field(alias="from", description="first day")]
LastDay = Annotated[Day, Field(description="last day, included")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_by_alias=True, validate_by_name=False)


class PlacementFacts(_Body):
    """A service of the ladder, who produces it, how, and when."""

    service_type: HousingService
    production: Production
    channel: ServiceChannel
    starts_on: FirstDay
    ends_on: Annotated[LastDay | None, Field(alias="to")] = None
    requires_sobriety: Annotated[
        bool | None, Field(description="whether the unit asks its residents to be sober")
    ] = None


class PlacementBody(PlacementFacts):
    """A placement of a client. Not every client of a housing service has a case of a team."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "client_ref": "01980000-0000-7000-8000-000000000901",
                    "service_type": "supported",
                    "production": "purchased",
                    "channel": "on_site",
                    "from": "2026-11-01",
                }
            ]
        }
    )

    client_ref: UUID | None = None
    case: Annotated[UUID | None, Field(description="instead of `client_ref`")] = None

    @model_validator(mode="after")
    def _is_somebodys(self) -> Self:
        if (self.client_ref is None) == (self.case is None):
            raise PydanticCustomError("client_or_case", "give either client_ref or case")
        return self


class PlacementEnd(_Body):
    """The end of a placement."""

    ends_on: Annotated[LastDay, Field(alias="to")]


class PlacementCorrection(_Body):
    """What was written wrongly; the fields left out stay as they are."""

    service_type: HousingService | None = None
    production: Production | None = None
    channel: ServiceChannel | None = None
    starts_on: Annotated[Day | None, Field(alias="from", description="first day")] = None
    ends_on: Annotated[
        LastDay | None, Field(alias="to", description="last day, of one that has ended")
    ] = None
    requires_sobriety: bool | None = None
    entered_in_error: Annotated[
        bool, Field(description="true: it never was, and counts nowhere; the rest is not looked at")
    ] = False


class PlacementView(BaseModel):
    """A placement as stored."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    id: UUID
    client_ref: UUID
    case: UUID | None
    team: Annotated[UUID | None, Field(description="the team that wrote it down")]
    service_type: HousingService
    production: Production
    channel: ServiceChannel
    starts_on: Annotated[date, Field(alias="from")]
    ends_on: Annotated[date | None, Field(alias="to")]
    requires_sobriety: bool | None
    standing: Standing
