"""Bodies of the motivation endpoint."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.notices import Notice
from shared.when import Instant


class MotivationBody(BaseModel):
    """The points that the client gives."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"value": 7, "at": "2026-11-23T10:00:00Z"}]},
    )

    value: Annotated[int, Field(ge=1, le=10, strict=True)]
    at: Annotated[Instant | None, Field(description="now when left out; not in the future")] = None


class PointView(BaseModel):
    """Points at a moment."""

    value: int
    at: datetime


class MotivationView(PointView):
    """The latest points. Fewer than before is no deterioration: `notes` says what it can mean."""

    before: int | None
    notes: list[Notice]
