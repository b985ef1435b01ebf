"""The facts that reports count: one row a referral, one row a case, pseudonyms and codes alone.

Rows are made by whichever event comes first and may be partial until the others have come. Each
group of columns that events fill has a version of its own, so that order does not matter.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.tables import Moment

_ZERO = {"server_default": text("0")}
_FALSE = {"server_default": text("false")}


class Base(SQLModel, registry=registry()):
    """Keeps this service's tables apart from the other services' ones."""


class ReferralFact(Base, table=True):
    """A referral. What the teams did with it stays true for ever (`was_...`); `outcome` and
    `team` are the latest. Without `received_at` only the teams have spoken of it so far. What was
    `entered_in_error` counts nowhere."""

    __tablename__ = "referral_facts"

    referral_id: UUID = Field(primary_key=True)
    client_ref: UUID
    source_kind: str | None = None
    municipality: str | None = None
    county: str | None = None
    urgency: str | None = None
    received_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
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
    case_id: UUID | None = None
    outcome_at: datetime | None = Field(default=None, sa_type=Moment)
    outcome_version: int = Field(default=0, sa_column_kwargs=_ZERO)


class CaseFact(Base, table=True):
    """A case, open from `opened_at` until before `closed_at`."""

    __tablename__ = "case_facts"

    case_id: UUID = Field(primary_key=True)
    client_ref: UUID = Field(index=True)
    team: UUID | None = None
    county: str | None = None
    municipality: str | None = None
    opened_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    opened_version: int = Field(default=0, sa_column_kwargs=_ZERO)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    closing_reason: str | None = None
    alternative_service: str | None = None
    closed_version: int = Field(default=0, sa_column_kwargs=_ZERO)
