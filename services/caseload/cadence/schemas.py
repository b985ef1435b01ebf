"""Bodies of the cadence endpoint."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class CadenceBody(BaseModel):
    """How often client and team meet from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"days_between": 14, "tapering": True}]},
    )

    days_between: Annotated[int, Field(ge=1, le=365, description="days between meetings")]
    tapering: Annotated[bool, Field(description="the support is being ended gradually")] = False


class CadenceView(BaseModel):
    """How often client and team meet."""

    days_between: int
    tapering: bool
