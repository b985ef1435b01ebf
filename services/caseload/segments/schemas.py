"""Bodies of the segment endpoint."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


class SegmentBody(BaseModel):
    """The client's segment; the codes are the county's own (settings)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"support_need": "intensive", "complexity": "several_needs"}]
        },
    )

    support_need: Code
    complexity: Code


class SegmentView(BaseModel):
    """The client's segment."""

    support_need: str
    complexity: str
