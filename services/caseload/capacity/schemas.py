"""A team's capacity, as its lead sees it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.caseload.wording import Because


class Window(BaseModel):
    """The time whose records were looked at: twelve weeks, or as long as there are any."""

    begins: datetime
    ends: datetime


class MeetingsView(BaseModel):
    """Meetings of a week. `held_per_week` is what was kept; null where no visit is on record."""

    possible_per_week: float
    cancelled_share: float
    kept_per_week: Annotated[float, Field(description="possible, less the share cancelled")]
    kept_per_worker_week: Annotated[float, Field(description="of a full week of one worker")]
    held_per_week: float | None
    days_between_meetings: Annotated[
        float | None, Field(description="how often each client can be met at this caseload")
    ]


class FlowView(BaseModel):
    """Who comes and who ends, and how long that makes the next one wait (Little's law)."""

    arrivals_per_week: float
    closings_per_week: float
    days_in_service: Annotated[float | None, Field(description="open cases over what ends")]
    line_growth_per_week: Annotated[float, Field(description="below 0 the line gets shorter")]
    projected_wait_days: Annotated[
        float | None, Field(description="of the next referral; null where nothing ends")
    ]
    projected_wait_days_in_four_weeks: float | None


class OutlookView(BaseModel):
    """What follows from the figures."""

    full_time_equivalent: float
    room_for_new_cases: int
    meetings: MeetingsView
    flow: FlowView
    assumptions: list[Because]


class WhatIfView(OutlookView):
    """What would follow from a change alone."""

    change: str


class CapacityView(OutlookView):
    """What a team has room for, and what follows."""

    team: UUID
    as_of: datetime
    window: Window
    workers: int
    absent: int
    open_cases: int
    open_cases_per_worker: Annotated[float, Field(description="a work pair's case counts for both")]
    guideline_caseload: int
    over_guideline: bool
    weighted_load: Annotated[float, Field(description="points that the workers' cases take")]
    capacity_points: Annotated[float, Field(description="of those who are not absent")]
    waiting: int
    what_if: list[WhatIfView]
