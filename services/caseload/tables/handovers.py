"""Warm handovers, and the questions that follow a confirmed one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from services.caseload.tables.base import Base
from shared.tables import Moment


class Handover(Base, table=True):
    """A receiving service asked to take a client over. `version` is what the receiver may see
    change; it tells nothing of the case."""

    __tablename__ = "handovers"
    __table_args__ = (
        Index("handovers_of_receiver", "receiver_id", "id"),
        Index("handovers_unanswered", "answer_due_at", postgresql_where=text("state = 'proposed'")),
    )

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    receiver_id: UUID | None = None
    receiver_name: str | None = None
    receiver_kind: str
    service: str
    state: str
    proposed_at: datetime = Field(sa_type=Moment)
    answer_due_at: datetime = Field(sa_type=Moment)
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    joint_meeting_at: datetime | None = Field(default=None, sa_type=Moment)
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_reason: str | None = None
    version: int = 1


class HandoverFollowUp(Base, table=True):
    """A question to be asked some days after the confirmation: is the client still there?"""

    __tablename__ = "handover_follow_ups"
    __table_args__ = (
        Index("follow_ups_to_do", "due_at", postgresql_where=text("done_at IS NULL")),
    )

    handover_id: UUID = Field(primary_key=True, foreign_key="handovers.id")
    days: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    due_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    attached: bool | None = None
