"""An assignment explained, as a team sees it, and the body that changes it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.caseload.reasons import LeadsDecision, ReasonText
from services.caseload.wording import Because
from shared.contracts.codes import ReassignmentReason


class TeamLooked(BaseModel):
    """A team that was looked at; `in_line`: it could have taken the client, had it room."""

    team: UUID
    in_line: bool
    why: list[Because]


class CandidateLooked(BaseModel):
    """A worker that was looked at."""

    worker: UUID
    team: UUID
    score: Annotated[
        float,
        Field(
            description="8 for an earlier worker, 4 for the profession asked for, 2 for the "
            "client's language, up to 1 for competence, up to 1 for free room"
        ),
    ]
    load: Annotated[float, Field(description="points that the open cases took at the time")]
    capacity: Annotated[float, Field(description="points of the worker's own week")]
    chosen: bool
    why: list[Because]


class AssignmentView(BaseModel):
    """Why a case is where it is, or why a client waits. Candidates: best team and score first."""

    case: UUID
    decided_at: datetime
    team: UUID | None
    workers: list[UUID]
    why: list[Because]
    teams: list[TeamLooked]
    candidates: list[CandidateLooked]
    decisions: Annotated[list[LeadsDecision], Field(description="of leads, the latest first")]


class ReassignmentBody(BaseModel):
    """Who has the case from now on: a worker, or a work pair of one team."""

    model_config = ConfigDict(extra="forbid")

    worker: UUID | None = None
    workers: Annotated[list[UUID], Field(min_length=1, max_length=2)] | None = None
    reason: Annotated[
        ReasonText,
        Field(
            description="one of " + ", ".join(ReassignmentReason) + ", or a few words of your own",
            examples=["workload"],
        ),
    ]
    override: Annotated[
        bool, Field(description="although there is no room (scope teams:admin)")
    ] = False

    @model_validator(mode="after")
    def _one_way_to_say_who(self) -> Self:
        if (self.worker is None) == (self.workers is None):
            raise PydanticCustomError("worker_or_workers", "give either worker or workers")
        if self.workers and len(set(self.workers)) < len(self.workers):
            raise PydanticCustomError("worker_twice", "a work pair is of two workers")
        return self

    def chosen(self) -> list[UUID]:
        """Those who are to have the case."""
        return [self.worker] if self.worker else sorted(self.workers or [])
