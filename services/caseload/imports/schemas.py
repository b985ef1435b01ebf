"""A line of history, and a history import as its sender follows it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.caseload.days import PastDay
from services.caseload.imports.rules import MAX_PLACEMENTS, MAX_VISITS, Outcome, VisitOutcome
from services.caseload.placements.schemas import PlacementFacts
from shared.contracts.codes import AlternativeService, ClosingReason, PartnerKind, VisitLocation
from shared.contracts.fields import Municipality, Printable
from shared.redaction import MASK, mask


def _not_identifying(value: str) -> str:
    if MASK in mask(value):
        raise PydanticCustomError(
            "identifying_value", "must not be an identity code, phone number or e-mail address"
        )
    return value


OutsideId = Annotated[
    str, Field(min_length=1, max_length=200), Printable, AfterValidator(_not_identifying)
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PastVisit(_Body):
    """A meeting that was held or called off."""

    on: PastDay
    status: VisitOutcome
    location: VisitLocation


class PastCase(_Body):
    """One case of the past, closed or still open."""

    external_id: Annotated[
        OutsideId, Field(description="the case's id in your house; once per team")
    ]
    client_key: Annotated[
        OutsideId,
        Field(description="any stable pseudonym: the same for the same client in all your county"),
    ]
    team: UUID
    source_kind: Annotated[PartnerKind, Field(description="who referred the client")]
    opened_on: PastDay
    closed_on: PastDay | None = None
    closing_reason: Annotated[
        ClosingReason | None, Field(description="`other` for a closed case that tells none")
    ] = None
    alternative_service: Annotated[
        AlternativeService | None,
        Field(description="what would have been given without the service"),
    ] = None
    birth_year: Annotated[int | None, Field(ge=1880, le=2200)] = None
    municipality: Municipality
    visits: Annotated[list[PastVisit], Field(max_length=MAX_VISITS)] = []
    placements: Annotated[list[PlacementFacts], Field(max_length=MAX_PLACEMENTS)] = []


class Counts(BaseModel):
    """How many lines were settled so far, and how."""

    lines: int
    accepted: int
    duplicates: int
    refused: int


class LineError(BaseModel):
    """What is wrong; `pointer` is a JSON Pointer into the line, empty for the whole of it."""

    pointer: Annotated[str, Field(examples=["/visits/3/on"])]
    code: Annotated[str, Field(examples=["outside_the_case"])]
    detail: str


class ImportView(BaseModel):
    """A history import. `failed`: it broke down on our side; send the file again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "019a9f3e-7c1a-7d30-a3d4-6f2f0a5d2b11",
                    "state": "done",
                    "lines": 172,
                    "counts": {"lines": 172, "accepted": 171, "duplicates": 0, "refused": 1},
                    "created_at": "2026-11-23T07:00:00Z",
                    "started_at": "2026-11-23T07:00:01Z",
                    "finished_at": "2026-11-23T07:00:02Z",
                }
            ]
        }
    )

    id: UUID
    state: Literal["queued", "running", "done", "failed"]
    lines: Annotated[int, Field(description="lines of the file")]
    counts: Counts
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ResultView(BaseModel):
    """What became of one line; `case` is the one that stands for it now."""

    line: Annotated[int, Field(description="as a text editor counts them, from 1")]
    outcome: Outcome
    external_id: str | None
    case: UUID | None
    errors: list[LineError]
