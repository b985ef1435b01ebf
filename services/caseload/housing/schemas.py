"""Bodies of the housing endpoint."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.days import PastDay
from shared.contracts.codes import HousingStatus


class HousingBody(BaseModel):
    """How the client lives."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"status": "housed", "since": "2026-11-01"}]},
    )

    status: HousingStatus
    since: Annotated[PastDay | None, Field(description="today at the latest")] = None


class HousingView(BaseModel):
    """How the client lives."""

    status: HousingStatus
    since: date | None
