"""A team's figures and what follows from them, rounded to be read."""

from collections.abc import Sequence
from typing import Any

from services.caseload.assignment.rules import Room, average_caseload
from services.caseload.capacity.rules import Figures, Outlook
from services.caseload.capacity.schemas import (
    CapacityView,
    FlowView,
    MeetingsView,
    WhatIfView,
    Window,
)
from services.caseload.capacity.wording import assumptions_in
from services.caseload.tables import Team


def capacity_view(
    team: Team,
    room: Room,
    own: Figures,
    outlooks: Sequence[tuple[str, Outlook]],
    window: Window,
    language: str,
) -> CapacityView:
    """The view: the first outlook is that of the team as it is, the others are what-ifs."""
    (_, base), *others = outlooks
    average = average_caseload(room)
    present = [worker for worker in room.workers if not worker.absent]
    return CapacityView(
        team=team.id,
        as_of=window.ends,
        window=window,
        workers=len(room.workers),
        absent=len(room.workers) - len(present),
        open_cases=own.open_cases,
        open_cases_per_worker=round(average, 2),
        guideline_caseload=team.guideline_caseload,
        over_guideline=average > team.guideline_caseload,
        weighted_load=float(sum(worker.load for worker in room.workers)),
        capacity_points=float(sum(worker.capacity for worker in present)),
        waiting=own.waiting,
        what_if=[
            WhatIfView(change=wish, **_outlook(outlook, language)) for wish, outlook in others
        ],
        **_outlook(base, language),
    )


def _outlook(outlook: Outlook, language: str) -> dict[str, Any]:
    return {
        "full_time_equivalent": outlook.full_time,
        "room_for_new_cases": outlook.room,
        "meetings": _meetings(outlook),
        "flow": _flow(outlook),
        "assumptions": assumptions_in(outlook.assumptions, language),
    }


def _meetings(outlook: Outlook) -> MeetingsView:
    return MeetingsView(
        possible_per_week=round(outlook.possible_per_week, 2),
        cancelled_share=round(outlook.cancelled_share, 4),
        kept_per_week=round(outlook.kept_per_week, 2),
        kept_per_worker_week=round(outlook.kept_per_worker_week, 2),
        held_per_week=_round(outlook.held_per_week),
        days_between_meetings=_round(outlook.days_between_meetings),
    )


def _flow(outlook: Outlook) -> FlowView:
    return FlowView(
        arrivals_per_week=round(outlook.arrivals_per_week, 2),
        closings_per_week=round(outlook.closings_per_week, 2),
        days_in_service=_round(outlook.days_in_service),
        line_growth_per_week=round(outlook.growth_per_week, 2),
        projected_wait_days=_round(outlook.wait_days),
        projected_wait_days_in_four_weeks=_round(outlook.wait_days_later),
    )


def _round(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
