"""Bodies of the assessment endpoint."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.codes import Sector
from shared.when import Instant


class Step(StrEnum):
    """What is done to the assessment."""

    START = "start"
    COMPLETE = "complete"


class AssessmentBody(BaseModel):
    """An assessment that begins or is done (Social Welfare Act 1301/2014, section 36)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"action": "start", "joint_with": "health"}]},
    )

    action: Step
    joint_with: Annotated[
        Sector | None, Field(description="the other sector that takes part; as before if left out")
    ] = None
    at: Annotated[Instant | None, Field(description="now when left out; not in the future")] = None


class AssessmentView(BaseModel):
    """The latest assessment of a case."""

    started_at: datetime
    completed_at: datetime | None
    joint_with: Sector | None
