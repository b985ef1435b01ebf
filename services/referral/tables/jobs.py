"""What every job of the event process keeps: whose it is, its state, and who works on it now."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from services.referral.tables.base import Base
from shared.auth import Caller
from shared.tables import Moment


class JobState(StrEnum):
    """Where a job stands. `receiving` is an upload on its way, which nobody is shown."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """The columns of a job. `leased_until` is when another worker may take it over; `attempts`
    counts the takings since it last made progress."""

    id: UUID = Field(primary_key=True)
    state: str
    caller_subject: str
    caller_client_id: str
    caller_org: str | None = None
    caller_worker: str | None = None
    lease_owner: UUID | None = None
    leased_until: datetime | None = Field(default=None, sa_type=Moment)
    attempts: int = 0
    created_at: datetime = Field(sa_type=Moment)
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)

    @property
    def caller(self) -> Caller:
        """In whose name the job acts; the scope was checked when it was asked for."""
        return Caller(
            subject=self.caller_subject,
            client_id=self.caller_client_id,
            scopes=frozenset(),
            org=self.caller_org,
            worker=self.caller_worker,
        )
