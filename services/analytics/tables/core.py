"""The first facts that reports count: a row per referral, case, placement; no identity in any.

Rows are made by whichever event comes first and may be partial until the others have come. Each
group of columns that events fill has a version of its own, so that order does not matter.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.aliases import Alias
from shared.tables import Moment

_ZERO = {"server_default": text("0")}
_FALSE = {"server_default": text("false")}


class Base(SQLModel, registry=registry()):
    """Keeps this service's tables apart from the other services' ones."""


class ReferralFact(Base, table=True):
    """A referral. What the teams did with it stays true for ever (`was_...`); `outcome` and
    `team` are the latest. Without `received_at` only the teams have spoken of it so far. What was
    `entered_in_error` counts nowhere. `received_hours` is `received_at` on the working clock."""

    __tablename__ = "referral_facts"
    __table_args__ = (
        Index("ix_referral_facts_county_received_at", "county", "received_at"),
        Index(
            "ix_referral_facts_of_case",
            "case_id",
            "received_at",
            "referral_id",
            postgresql_include=["source_kind", "age_group", "urgency", "received_hours"],
            postgresql_where=text("received_at IS NOT NULL AND NOT entered_in_error"),
        ),
    )

    referral_id: UUID = Field(primary_key=True)
    client_ref: UUID
    source_kind: str | None = None
    municipality: str | None = None
    county: str | None = None
    urgency: str | None = None
    age_group: str | None = None
    housing_status: str | None = None
    eviction_stage: str | None = None
    codes_version: int = Field(default=0, sa_column_kwargs=_ZERO)
    received_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    received_hours: float | None = None
    cancelled: bool = Field(default=False, sa_column_kwargs=_FALSE)
    entered_in_error: bool = Field(default=False, sa_column_kwargs=_FALSE)
    version: int = Field(default=0, sa_column_kwargs=_ZERO)
    was_accepted: bool = Field(default=False, sa_column_kwargs=_FALSE)
    was_redirected: bool = Field(default=False, sa_column_kwargs=_FALSE)
    was_waitlisted: bool = Field(default=False, sa_column_kwargs=_FALSE)
    outcome: str = Field(
        default="requested", sa_column_kwargs={"server_default": text("'requested'")}
    )
    team: UUID | None = None
    case_id: UUID | None = Field(default=None, index=True)
    outcome_at: datetime | None = Field(default=None, sa_type=Moment)
    outcome_version: int = Field(default=0, sa_column_kwargs=_ZERO)


class ClientAlias(Alias, Base, table=True):
    """Another pseudonym of a person, who is counted once; see `projections.persons`."""

    __tablename__ = "client_aliases"


class CaseFact(Base, table=True):
    """A case, open from `opened_at` until before `closed_at`.

    A case of imported history answers no referral that was sent here: it alone has a `source_kind`.
    `alternative_service` is what was told when it ended, `alternative_at_opening` when it began.
    `contacted_hours` is `contacted_at` on the working clock; `previous_case` is the one that the
    client came back from.
    """

    __tablename__ = "case_facts"
    __table_args__ = (
        Index("ix_case_facts_county_opened_at", "county", "opened_at"),
        Index("ix_case_facts_county_closed_at", "county", "closed_at"),
        Index("ix_case_facts_county_contacted_at", "county", "contacted_at"),
    )

    case_id: UUID = Field(primary_key=True)
    client_ref: UUID = Field(index=True)
    team: UUID | None = None
    county: str | None = None
    municipality: str | None = None
    opened_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    source_kind: str | None = None
    age_group: str | None = None
    status_at_opening: str | None = None
    alternative_at_opening: str | None = None
    opened_version: int = Field(default=0, sa_column_kwargs=_ZERO)
    closed_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    closing_reason: str | None = None
    alternative_service: str | None = None
    closed_version: int = Field(default=0, sa_column_kwargs=_ZERO)
    client_version: int = Field(default=0, sa_column_kwargs=_ZERO)
    contacted_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    contacted_hours: float | None = None
    within_deadline: bool | None = None
    contacted_version: int = Field(default=0, sa_column_kwargs=_ZERO)
    previous_case: UUID | None = Field(default=None, index=True)


class PlacementFact(Base, table=True):
    """A client's place on the service ladder, from `starts_on` until and with `ends_on`, in Finnish
    days. `team` is the unit that wrote it down. One that was `entered_in_error` counts nowhere;
    without `starts_on` only its end was told so far."""

    __tablename__ = "placement_facts"

    placement_id: UUID = Field(primary_key=True)
    client_ref: UUID = Field(index=True)
    case_id: UUID | None = None
    team: UUID | None = None
    county: str | None = None
    service_type: str | None = None
    production: str | None = None
    channel: str | None = None
    starts_on: date | None = Field(default=None, index=True)
    requires_sobriety: bool | None = None
    entered_in_error: bool = Field(default=False, sa_column_kwargs=_FALSE)
    placed_version: int = Field(default=0, sa_column_kwargs=_ZERO)
    ends_on: date | None = None
    ends_version: int = Field(default=0, sa_column_kwargs=_ZERO)
