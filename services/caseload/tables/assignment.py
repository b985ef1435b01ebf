"""Tables of routing: who is absent, which sources a team takes, what leads decided themselves."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.caseload.tables.base import Base
from shared.tables import Moment


class Absence(Base, table=True):
    """Days, both included, on which a worker takes no new cases. Never says why in words."""

    __tablename__ = "absences"

    id: UUID = Field(primary_key=True)
    worker_id: UUID = Field(foreign_key="workers.id", index=True)
    from_day: date
    to_day: date
    kind: str
    recorded_at: datetime = Field(sa_type=Moment)
    cancelled_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1


class IntakeRule(Base, table=True):
    """Whether a team takes referrals of a partner kind; without a row it does."""

    __tablename__ = "intake_rules"

    team: UUID = Field(primary_key=True, foreign_key="teams.id")
    partner_kind: str = Field(primary_key=True)
    state: str
    reason: str
    until: datetime | None = Field(default=None, sa_type=Moment)
    redirect_to: UUID | None = Field(default=None, foreign_key="teams.id")
    changed_at: datetime = Field(sa_type=Moment)
    version: int = 1


class LeadDecision(Base, table=True):
    """A lead's own decision on a case or a place in line, with a code as its reason, or words."""

    __tablename__ = "lead_decisions"

    id: UUID = Field(primary_key=True)
    subject_id: UUID = Field(index=True)
    act: str
    reason: str | None = None
    words_sealed: bytes | None = None
    decided_at: datetime = Field(sa_type=Moment)
