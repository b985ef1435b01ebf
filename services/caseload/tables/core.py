"""The caseload service's own tables. A client is a pseudonym here, a worker an id without a name.

A waitlist place has the id and the version of the case it may become: one aggregate, one history.
Who adds to a worker's load holds a lock on the row of the worker's team.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.caseload.tables.base import Base
from shared.tables import Moment


class Team(Base, table=True):
    """A mobile team, or the county's guidance unit that takes what no team can."""

    __tablename__ = "teams"

    id: UUID = Field(primary_key=True)
    name: str
    county: str
    municipalities: list[str] = Field(sa_type=JSONB)
    target_groups: list[str] = Field(sa_type=JSONB)
    contact_policy: dict[str, float] = Field(sa_type=JSONB)
    guideline_caseload: int
    meetings_per_worker_week: float
    guidance_unit: bool
    service_days_target: int
    return_window_days: int | None = None
    over_guideline: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    version: int = 1


class Worker(Base, table=True):
    """A worker of a team; employer and place of work are two things."""

    __tablename__ = "workers"

    id: UUID = Field(primary_key=True)
    team: UUID = Field(foreign_key="teams.id", index=True)
    profession: str
    employer_sector: str
    competences: list[str] = Field(sa_type=JSONB)
    languages: list[str] = Field(sa_type=JSONB)
    capacity_points: int
    working_days: list[int] = Field(sa_type=JSONB)
    version: int = 1


class Case(Base, table=True):
    """One period of service. A client has at most one that is open."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "cases_one_open_per_client",
            "client_ref",
            unique=True,
            postgresql_where=text("status <> 'closed'"),
        ),
        Index("cases_of_team", "team", "id"),
        Index("cases_of_client", "client_ref", "id"),
        Index(
            "cases_contact_due",
            "contact_due_at",
            postgresql_where=text("contacted_at IS NULL AND status <> 'closed'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    client_ref: UUID
    team: UUID = Field(foreign_key="teams.id")
    status: str
    county: str
    municipality: str
    urgency: str
    opened_at: datetime = Field(sa_type=Moment)
    contact_due_at: datetime = Field(sa_type=Moment)
    attempts: int = 0
    contacted_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    closing_reason: str | None = None
    alternative_service: str | None = None
    version: int


class CaseWorker(Base, table=True):
    """Who works a case: one worker, or a work pair."""

    __tablename__ = "case_workers"

    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    worker_id: UUID = Field(primary_key=True, foreign_key="workers.id", index=True)


class CaseReferral(Base, table=True):
    """A referral that a case, or the waitlist place before it, answers. `again`: an earlier case
    answered it first, and the client came back without a new one at the moment told here. Once its
    sender took it back it asks for nothing more.

    `told_under` is the client_ref it came under, which may be another one of the same person;
    `told` are its codes as they were told, for the day when it turns out to be somebody else's."""

    __tablename__ = "case_referrals"

    referral_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True, index=True)
    source_kind: str
    urgency: str
    received_at: datetime = Field(sa_type=Moment)
    again: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)
    told_under: UUID | None = None
    told: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))


class ContactAttempt(Base, table=True):
    """A try to reach the client, failed or not."""

    __tablename__ = "contact_attempts"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    channel: str
    outcome: str
    at: datetime = Field(sa_type=Moment)
    recorded_at: datetime = Field(sa_type=Moment)
    worker_id: UUID | None = None


class WaitlistPlace(Base, table=True):
    """A client in line, with what assigning them later needs. `team` is None when none covers."""

    __tablename__ = "waitlist"

    id: UUID = Field(primary_key=True)
    client_ref: UUID = Field(unique=True)
    team: UUID | None = Field(default=None, foreign_key="teams.id", index=True)
    county: str | None = None
    municipality: str
    age_group: str
    reasons: list[str] = Field(sa_type=JSONB)
    language: str
    wished_team: UUID | None = None
    source_kind: str | None = None
    redirect_reason: str | None = None
    earlier_workers: list[str] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"}
    )
    leaves_institution_on: date | None = None
    urgency: str
    received_at: datetime = Field(sa_type=Moment)
    contact_due_at: datetime = Field(sa_type=Moment)
    waits_for_intake: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    stands_as: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    version: int = 0


class AssignmentExplanation(Base, table=True):
    """Why the latest decision on a case, or on a waitlist place, was made."""

    __tablename__ = "assignment_explanations"

    case_id: UUID = Field(primary_key=True)
    decided_at: datetime = Field(sa_type=Moment)
    decision: dict[str, Any] = Field(sa_type=JSONB)
