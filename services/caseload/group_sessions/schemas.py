"""Bodies of the group session endpoints."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.days import PastDay
from shared.contracts.fields import Code


class GroupSessionBody(BaseModel):
    """A meeting of a group."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "team": "01980000-0000-7000-8000-000000000201",
                    "on": "2026-11-20",
                    "theme": "daily_living",
                    "attendance": 7,
                    "clients": [],
                }
            ]
        },
    )

    team: Annotated[UUID, Field(description="the team that held it")]
    on: Annotated[PastDay, Field(description="the day it was held")]
    theme: Code
    attendance: Annotated[int, Field(ge=0, le=1000, description="everybody who came")]
    clients: Annotated[
        list[UUID],
        Field(max_length=200, description="the cases of those who came and are clients"),
    ] = []


class GroupSessionView(BaseModel):
    """A group session as stored."""

    id: UUID
    team: UUID
    on: date
    theme: str
    attendance: int
    clients: list[UUID]
