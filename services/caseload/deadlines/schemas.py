"""The body of the statutory ground."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.deadlines.rules import Ground

PersonalGround = Literal[
    Ground.OVER_75, Ground.HIGHEST_CARE_ALLOWANCE, Ground.CHILD_NEEDING_SPECIAL_SUPPORT
]


class GroundBody(BaseModel):
    """What a worker learned of the client (Social Welfare Act 1301/2014, section 36)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"ground": "highest_care_allowance"}]}
    )

    ground: Annotated[
        PersonalGround | None,
        Field(description="why the law sets a date for the assessment; null: it sets none"),
    ]
