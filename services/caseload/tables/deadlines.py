"""What the deadlines of a case are counted from, and which of them were told as passed."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.caseload.tables.base import Base
from shared.tables import Moment


class CaseClock(Base, table=True):
    """The statutory clock of a case, or of the place in line that becomes it under the same id.

    `ground` is what makes the law set a date; `ground_recorded` once a worker said so. A moment
    `..._overdue_at` is set when the event went out, once and for good.
    """

    __tablename__ = "case_clocks"

    case_id: UUID = Field(primary_key=True)
    pending_since: datetime = Field(sa_type=Moment)
    urgent_since: datetime | None = Field(default=None, sa_type=Moment)
    ground: str | None = None
    ground_recorded: bool = False
    assessment_due_on: date | None = None
    contact_overdue_at: datetime | None = Field(default=None, sa_type=Moment)
    assessment_overdue_at: datetime | None = Field(default=None, sa_type=Moment)
