"""Facts of what happens in a case: visits, goals, motivation, housing, segments, handovers, paths.

Rows are made by whichever event comes first; a version guards what newer events may change. Of what
there is most, the indexes hold all that reports read of a row, and what it is counted under, its
case's team, county and municipality, stands in the row, always as the case has it
(`projections.belonging`).
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from services.analytics.tables.core import Base
from shared.tables import Moment

_ZERO = {"server_default": text("0")}
_OF_VISITS = ("state", "location", "kept_before", "team_kept_before")
_STEPS = ("accepted_at", "declined_at", "confirmed_at", "failed_at")


def _by_time(table: str, moment: str, *included: str) -> Index:
    """An index by time that holds all that reports read of a row."""
    return Index(f"ix_{table}_by_time", moment, postgresql_include=["case_id", "team", *included])


def _of_county(table: str, moment: str, *included: str) -> Index:
    """The same of a county."""
    held = ["case_id", "team", "case_team", *included]
    return Index(f"ix_{table}_of_county", "county", moment, postgresql_include=held)


class VisitFact(Base, table=True):
    """A meeting with a client, as it stands: `booked`, `kept` or `cancelled`. One that was kept
    knows when the one kept before it in the case was, `kept_before`, and the one of the same team,
    `team_kept_before` (`projections.visits`)."""

    __tablename__ = "visit_facts"
    __table_args__ = (
        Index(
            "ix_visit_facts_by_case",
            "case_id",
            "scheduled_at",
            postgresql_include=["visit_id", "state", "location", "team"],
        ),
        Index(
            "ix_visit_facts_when",
            "scheduled_at",
            postgresql_include=["case_id", "team", "case_team", *_OF_VISITS],
        ),
        _of_county("visit_facts", "scheduled_at", *_OF_VISITS),
    )

    visit_id: UUID = Field(primary_key=True)
    case_id: UUID
    team: UUID | None = None
    scheduled_at: datetime = Field(sa_type=Moment)
    location: str
    state: str
    version: int = Field(default=0, sa_column_kwargs=_ZERO)
    case_team: UUID | None = None
    county: str | None = None
    municipality: str | None = None
    kept_before: datetime | None = Field(default=None, sa_type=Moment)
    team_kept_before: datetime | None = Field(default=None, sa_type=Moment)


class GoalFact(Base, table=True):
    """A goal of a client's plan, as it stands: `set`, `attained` or `dropped`."""

    __tablename__ = "goal_facts"
    __table_args__ = (
        _by_time("goal_facts", "set_at", "area", "state"),
        _of_county("goal_facts", "set_at", "area", "state"),
    )

    goal_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(index=True)
    team: UUID | None = None
    area: str
    set_at: datetime | None = Field(default=None, sa_type=Moment)
    state: str
    version: int = Field(default=0, sa_column_kwargs=_ZERO)
    case_team: UUID | None = None
    county: str | None = None
    municipality: str | None = None


class MotivationFact(Base, table=True):
    """Motivation points of a moment, at a version of the case."""

    __tablename__ = "motivation_facts"
    __table_args__ = (
        _by_time("motivation_facts", "at", "value", "version"),
        _of_county("motivation_facts", "at", "value", "version"),
    )

    case_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    team: UUID | None = None
    value: int
    case_team: UUID | None = None
    county: str | None = None
    municipality: str | None = None


class HousingFact(Base, table=True):
    """A change of how a client lives, at a version of the case."""

    __tablename__ = "housing_facts"
    __table_args__ = (
        _by_time("housing_facts", "at", "from_status", "to_status", "version"),
        _of_county("housing_facts", "at", "from_status", "to_status", "version"),
    )

    case_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    team: UUID | None = None
    from_status: str | None = None
    to_status: str
    case_team: UUID | None = None
    county: str | None = None
    municipality: str | None = None


class SegmentFact(Base, table=True):
    """A client's segment from a moment on, at a version of the case."""

    __tablename__ = "segment_facts"

    case_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment, index=True)
    team: UUID | None = None
    support_need: str
    complexity: str


class HandoverFact(Base, table=True):
    """A warm handover and when it came how far. `attached` is what the newest follow-up after 90
    days or more found."""

    __tablename__ = "handover_facts"
    __table_args__ = (
        _of_county("handover_facts", "proposed_at", "receiver_kind", *_STEPS, "attached"),
    )

    handover_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(index=True)
    team: UUID | None = None
    receiver_kind: str
    proposed_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    accepted_at: datetime | None = Field(default=None, sa_type=Moment)
    declined_at: datetime | None = Field(default=None, sa_type=Moment)
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    failed_at: datetime | None = Field(default=None, sa_type=Moment)
    attached: bool | None = None
    attached_version: int = Field(default=0, sa_column_kwargs=_ZERO)
    case_team: UUID | None = None
    county: str | None = None
    municipality: str | None = None


class PathFact(Base, table=True):
    """The shared plan of a client of many services, as it stands; begun at its first event."""

    __tablename__ = "path_facts"

    path_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(index=True)
    team: UUID | None = None
    organisations: int
    next_review_on: date
    begun_at: datetime = Field(sa_type=Moment)
    version: int = Field(default=0, sa_column_kwargs=_ZERO)
