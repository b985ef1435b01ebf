"""Bodies of the goal endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.goals.rules import GoalState
from shared.contracts.codes import GoalArea
from shared.contracts.fields import Printable


class GoalBody(BaseModel):
    """A small goal, in the client's own words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"area": "housing", "text": "Soitan isännöitsijälle maanantaina."}]
        },
    )

    area: GoalArea = GoalArea.OTHER
    text: Annotated[
        Annotated[str, Field(min_length=1, max_length=500), Printable] | None,
        Field(description="stays at the team, encrypted"),
    ] = None


class GoalView(BaseModel):
    """A goal without its words."""

    id: UUID
    case: UUID
    area: GoalArea
    status: GoalState
    set_at: datetime
    ended_at: datetime | None


class WordedGoalView(GoalView):
    """A goal as the client words it."""

    text: str | None
