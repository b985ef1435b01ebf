"""Facts of what is around the cases: teams, their workers, service gaps, consents; and the prices
and costs that people put in.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, text
from sqlmodel import Field

from services.analytics.tables.core import Base
from shared.tables import Moment

_ZERO = {"server_default": text("0")}


class TeamFact(Base, table=True):
    """A team's county, the newest told."""

    __tablename__ = "team_facts"

    team: UUID = Field(primary_key=True)
    county: str
    version: int


class WorkerFact(Base, table=True):
    """Where a worker works from a moment on, at each version of the worker."""

    __tablename__ = "worker_facts"

    worker_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    team: UUID
    capacity_points: int


class GapFact(Base, table=True):
    """A hole or bottleneck of the service system, as it stands."""

    __tablename__ = "gap_facts"

    gap_id: UUID = Field(primary_key=True)
    type: str
    service: str
    municipality: str
    county: str
    status: str
    team: UUID | None = None
    reported_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    version: int = Field(default=0, sa_column_kwargs=_ZERO)


class ConsentFact(Base, table=True):
    """A consent (`given_at`) or a denial (`denied_at`) of a client; of a denial without a
    direction, `direction` is None."""

    __tablename__ = "consent_facts"

    consent_id: UUID = Field(primary_key=True)
    client_ref: UUID = Field(index=True)
    direction: str | None = None
    given_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    valid_to: datetime | None = Field(default=None, sa_type=Moment)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)
    denied_at: datetime | None = Field(default=None, sa_type=Moment)


class Money(Numeric[Decimal]):
    """Euros and cents."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(14, 2)


class Price(Base, table=True):
    """What a client's year in an alternative service costs, at the prices of a year."""

    __tablename__ = "prices"

    alternative_service: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    unit_price_eur: Decimal = Field(sa_type=Money)
    low_eur: Decimal | None = Field(default=None, sa_type=Money)
    high_eur: Decimal | None = Field(default=None, sa_type=Money)
    source: str
    version: int


class ServiceCost(Base, table=True):
    """What a team costs in a year."""

    __tablename__ = "service_costs"

    team: UUID = Field(primary_key=True)
    year: int = Field(primary_key=True)
    cost_eur: Decimal = Field(sa_type=Money)
    low_eur: Decimal | None = Field(default=None, sa_type=Money)
    high_eur: Decimal | None = Field(default=None, sa_type=Money)
    source: str
    version: int


class MobileTarget(Base, table=True):
    """Which share of the visits is to be mobile in a year; the line goes straight to the next."""

    __tablename__ = "mobile_targets"

    year: int = Field(primary_key=True)
    share: float
    source: str
    version: int
