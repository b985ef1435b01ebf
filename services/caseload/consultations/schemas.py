"""Bodies of the consultation endpoints. No field leads to a client."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.days import PastDay
from shared.contracts.codes import PartnerKind, Reason
from shared.contracts.fields import Printable


class ConsultationBody(BaseModel):
    """An anonymous question about a situation."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "team": "01980000-0000-7000-8000-000000000201",
                    "asked_by_kind": "health_centre",
                    "topics": ["rent_arrears", "mental_health"],
                    "text": "How to get a payment arrangement when letters are not opened?",
                    "minutes": 20,
                    "on": "2026-11-20",
                }
            ]
        },
    )

    team: Annotated[UUID, Field(description="the team that was asked")]
    asked_by_kind: Annotated[PartnerKind, Field(description="what kind of partner asked")]
    topics: Annotated[
        list[Reason],
        Field(min_length=1, max_length=13, description="the words in which people are referred"),
    ]
    text: Annotated[
        Annotated[str, Field(min_length=1, max_length=4000), Printable] | None,
        Field(
            description="the question and its answer, without anything that tells who it is about"
        ),
    ] = None
    minutes: Annotated[int, Field(ge=1, le=1440, description="how long it took")]
    on: Annotated[PastDay, Field(description="the day it was held")]


class ConsultationRecord(BaseModel):
    """A consultation without its text, as the answer to its writing."""

    id: UUID
    team: UUID
    asked_by_kind: PartnerKind
    topics: list[Reason]
    minutes: int
    on: date


class ConsultationView(ConsultationRecord):
    """A consultation as its team reads it."""

    text: str | None
