"""What a team keeps beside its cases: consultations, group sessions, service gaps, multi-service
paths and placements. Free text is encrypted as `<table>/<id>`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.caseload.tables.base import Base
from shared.tables import Moment


class Consultation(Base, table=True):
    """An anonymous question about a situation; nothing here leads to a client."""

    __tablename__ = "consultations"
    __table_args__ = (Index("consultations_of_team", "team", "id"),)

    id: UUID = Field(primary_key=True)
    team: UUID = Field(foreign_key="teams.id")
    asked_by_kind: str
    topics: list[str] = Field(sa_type=JSONB)
    minutes: int
    held_on: date
    text_sealed: bytes | None = None
    recorded_at: datetime = Field(sa_type=Moment)


class GroupSession(Base, table=True):
    """A meeting of a group; who of the team's clients came stands in `group_attendances`."""

    __tablename__ = "group_sessions"
    __table_args__ = (Index("group_sessions_of_team", "team", "id"),)

    id: UUID = Field(primary_key=True)
    team: UUID = Field(foreign_key="teams.id")
    held_on: date
    theme: str
    attendance: int
    recorded_at: datetime = Field(sa_type=Moment)


class GroupAttendance(Base, table=True):
    """A client of the team who came to a group session, by their case."""

    __tablename__ = "group_attendances"

    session_id: UUID = Field(primary_key=True, foreign_key="group_sessions.id")
    case_id: UUID = Field(primary_key=True, foreign_key="cases.id", index=True)


class ServiceGap(Base, table=True):
    """A hole or bottleneck of the service system; `team` is the one that saw it."""

    __tablename__ = "service_gaps"
    __table_args__ = (Index("service_gaps_of_team", "team", "id"),)

    id: UUID = Field(primary_key=True)
    team: UUID | None = Field(default=None, foreign_key="teams.id")
    type: str
    service: str
    municipality: str
    step: str
    description_sealed: bytes
    case_id: UUID | None = Field(default=None, foreign_key="cases.id")
    client_ref: UUID | None = None
    status: str
    resolution: str | None = None
    reported_at: datetime = Field(sa_type=Moment)
    resolved_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int


class ServicePath(Base, table=True):
    """The shared plan of a client of many services. Participants are organisations with a role
    each, and a worker's id if it is told; the coordinator is one of them."""

    __tablename__ = "service_paths"
    __table_args__ = (
        Index("service_paths_due", "next_review_on"),
        Index("service_paths_organisations", "organisations", postgresql_using="gin"),
    )

    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    id: UUID = Field(unique=True)
    coordinator: dict[str, Any] = Field(sa_type=JSONB)
    participants: list[dict[str, Any]] = Field(sa_type=JSONB)
    organisations: list[str] = Field(sa_type=JSONB)
    plan_sealed: bytes
    next_review_on: date
    started_at: datetime = Field(sa_type=Moment)
    version: int


class Placement(Base, table=True):
    """A client's place on the service ladder from `starts_on` until and with `ends_on`."""

    __tablename__ = "placements"
    __table_args__ = (
        Index("placements_of_client", "client_ref", "id"),
        Index("placements_of_team", "team", "id"),
    )

    id: UUID = Field(primary_key=True)
    client_ref: UUID
    case_id: UUID | None = Field(default=None, foreign_key="cases.id")
    team: UUID | None = Field(default=None, foreign_key="teams.id")
    service_type: str
    production: str
    channel: str
    starts_on: date
    ends_on: date | None = None
    requires_sobriety: bool | None = None
    entered_in_error: bool = False
    version: int
