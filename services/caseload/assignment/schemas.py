"""An assignment explained, and a place in line, as a team sees them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from shared.contracts.codes import Reason, Urgency


class Because(BaseModel):
    """One ground of a decision: a stable code, and the same in plain words."""

    code: str
    text: str


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
        Field(description="the free share of the capacity, and 1 for the client's language"),
    ]
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


class PlaceView(BaseModel):
    """A client who waits; `id` will be the id of the case."""

    id: UUID
    client_ref: UUID
    team: UUID | None
    referral_ids: list[UUID]
    municipality: str
    urgency: Urgency
    reasons: list[Reason]
    leaves_institution_on: date | None
    received_at: datetime
    contact_due_at: datetime
