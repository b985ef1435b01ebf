"""What a case gathers between assignment and end. What a goal says is encrypted."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.caseload.tables.base import Base
from shared.tables import Moment


class CaseLife(Base, table=True):
    """Where a case stands beyond its status; no row means that nothing of it is known yet.

    The place in line of a client who came back, or who came without consenting, has one too, under
    the id of the case to be. What they consent to was answered under `consent_answered_under`,
    which may be another of their refs.
    """

    __tablename__ = "case_lives"

    case_id: UUID = Field(primary_key=True)
    previous_case: UUID | None = Field(default=None, index=True)
    consent_to_ask: bool = False
    consent_answered_under: UUID | None = None
    contact_escalated: bool = False
    assessment_started_at: datetime | None = Field(default=None, sa_type=Moment)
    assessment_completed_at: datetime | None = Field(default=None, sa_type=Moment)
    assessment_joint_with: str | None = None
    motivation: int | None = None
    motivation_before: int | None = None
    motivation_at: datetime | None = Field(default=None, sa_type=Moment)
    days_between_visits: int | None = None
    tapering: bool = False
    housing_status: str | None = None
    housing_since: date | None = None
    support_need: str | None = None
    complexity: str | None = None
    over_nurse_limit: bool = False


class Goal(Base, table=True):
    """A small goal of the client's plan."""

    __tablename__ = "goals"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    area: str
    wording: bytes | None = None
    state: str
    set_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class MotivationPoint(Base, table=True):
    """The client's motivation points at a moment."""

    __tablename__ = "motivation_points"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    value: int
    at: datetime = Field(sa_type=Moment)
    recorded_at: datetime = Field(sa_type=Moment)
    worker_id: UUID | None = None


class Visit(Base, table=True):
    """A meeting that was booked; `held_at` when it was kept. `workers` as booked."""

    __tablename__ = "visits"
    __table_args__ = (
        Index("visits_of_case", "case_id", "id"),
        Index("visits_to_come", "at", postgresql_where=text("state = 'booked'")),
    )

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    at: datetime = Field(sa_type=Moment)
    location: str
    workers: list[str] = Field(sa_type=JSONB)
    professions: list[str] = Field(sa_type=JSONB)
    state: str
    booked_at: datetime = Field(sa_type=Moment)
    held_at: datetime | None = Field(default=None, sa_type=Moment)
    cancelled_at: datetime | None = Field(default=None, sa_type=Moment)
    cancelled_by: str | None = None
    cancel_reason: str | None = None
