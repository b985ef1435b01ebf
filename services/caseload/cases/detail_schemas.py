"""A case with all that belongs to it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.caseload.cases.schemas import CaseView
from services.caseload.goals.schemas import WordedGoalView
from services.caseload.handovers.schemas import HandoverView
from services.caseload.motivation.schemas import PointView
from services.caseload.visits.schemas import VisitView
from shared.contracts.codes import ContactChannel, ContactOutcome
from shared.pagination import Page


class ContactView(BaseModel):
    """A try to reach the client."""

    channel: ContactChannel
    outcome: ContactOutcome
    at: datetime
    worker: UUID | None


class CaseDetailView(CaseView):
    """A case with its goals in the client's words, visits, handovers and contacts."""

    returned_as: Annotated[
        UUID | None, Field(description="the next period, once the client came back")
    ]
    contacts: Annotated[list[ContactView], Field(description="the last hundred, newest first")]
    goals: list[WordedGoalView]
    motivation_points: Annotated[list[PointView], Field(description="the last hundred, in order")]
    visits: Annotated[
        Page[VisitView], Field(description="the latest booked first; `next` goes on at `/visits`")
    ]
    handovers: list[HandoverView]
