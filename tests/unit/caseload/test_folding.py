"""A case told by its events, and histories that are none."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.caseload.cases.folding import BrokenHistoryError, fold
from shared.contracts import case_life as life
from shared.contracts import caseload as core
from shared.contracts import deadlines
from shared.contracts.caseload import CaseEvent
from shared.contracts.codes import CaseStatus

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IDS = [UUID(f"01980000-0000-7000-8000-{number:012}") for number in range(9)]
CASE, CLIENT, REFERRAL, TEAM, WORKER, GOAL, VISIT, ONE, OTHER = IDS
COMMON = {
    "aggregate_id": CASE,
    "occurred_at": AT,
    "client_ref": CLIENT,
    "referral_ids": (REFERRAL,),
    "team": TEAM,
}
Told = tuple[type[CaseEvent], dict[str, Any]]

ASSIGNED: Told = (
    core.CaseAssigned,
    {
        "workers": (WORKER,),
        "opened_at": AT,
        "contact_due_at": AT,
        "county": "09",
        "municipality": "398",
    },
)
CONTACTED: Told = (
    core.CaseContacted,
    {"channel": "phone", "attempt": 1, "within_deadline": True},
)
GOAL_SET: Told = (life.GoalSet, {"goal_id": GOAL, "area": "housing"})
ATTAINED: Told = (life.GoalAttained, {"goal_id": GOAL, "area": "housing"})
VISIT_FACTS = {
    "visit_id": VISIT,
    "scheduled_at": AT,
    "location": "home",
    "workers": (WORKER,),
    "professions": ("social_worker",),
}
OVERDUE: Told = (deadlines.ContactOverdue, {"contact_due_at": AT})
LATE: Told = (deadlines.AssessmentOverdue, {"assessment_due_on": "2026-12-02"})
CLOSED: Told = (core.CaseClosed, {"reason": "goals_attained", "closed_at": AT})


def handover(number: UUID) -> dict[str, Any]:
    return {"handover_id": number, "receiver_kind": "clinic", "service": "clinic"}


def proposed(number: UUID) -> Told:
    return life.HandoverProposed, handover(number) | {"answer_due_at": AT}


def declined(number: UUID, *, back: bool) -> Told:
    reason = {"reason": "no_room", "back_to_support": back}
    return life.HandoverDeclined, handover(number) | reason


def history(*told: Told) -> list[CaseEvent]:
    """Events with versions without holes."""
    return [
        event.model_validate(COMMON | {"version": version} | facts)
        for version, (event, facts) in enumerate(told, start=1)
    ]


def test_a_case_is_what_its_events_tell() -> None:
    cadence = {"days_between": 7, "tapering": False, "status": "support"}
    folded = fold(
        history(
            ASSIGNED,
            CONTACTED,
            GOAL_SET,
            (life.MotivationRecorded, {"value": 4}),
            (life.MotivationRecorded, {"value": 7, "previous": 4}),
            (life.VisitBooked, VISIT_FACTS),
            (life.VisitKept, VISIT_FACTS | {"over_nurse_limit": True}),
            ATTAINED,
            (life.CadenceChanged, cadence),
            CLOSED,
        )
    )
    assert (folded.version, folded.status) == (10, CaseStatus.CLOSED)
    assert (folded.client_ref, folded.team, folded.workers) == (CLIENT, TEAM, {WORKER})
    assert (folded.motivation, folded.cadence) == ([4, 7], (7, False))
    assert (folded.goals, folded.visits) == ({GOAL: "attained"}, {VISIT: "kept"})
    assert folded.over_nurse_limit is True
    assert folded.closing_reason == "goals_attained"


def test_a_case_of_imported_history_begins_where_it_was() -> None:
    event, facts = ASSIGNED
    assert fold(history((event, facts | {"status": "support"}))).status == CaseStatus.SUPPORT


def test_the_last_receiver_that_leaves_brings_the_case_back() -> None:
    begun = (ASSIGNED, CONTACTED, proposed(ONE), proposed(OTHER), declined(ONE, back=False))
    assert fold(history(*begun)).status == CaseStatus.HANDOVER
    assert fold(history(*begun, declined(OTHER, back=True))).status == CaseStatus.SUPPORT


def test_deadlines_that_were_set_and_passed_are_told_too() -> None:
    event, facts = ASSIGNED
    over_75 = (event, facts | {"assessment_due_on": "2026-12-02"})
    nothing = (deadlines.StatutoryGroundRecorded, {})
    begun = (life.AssessmentStarted, {})
    folded = fold(history(over_75, OVERDUE, CONTACTED, LATE, begun))
    assert (folded.contact_overdue, folded.assessment_overdue) == (True, True)
    assert str(folded.assessment_due_on) == "2026-12-02"
    assert fold(history(over_75, nothing)).assessment_due_on is None


@pytest.mark.parametrize(
    "told",
    [
        [CONTACTED],
        [ASSIGNED, GOAL_SET],
        [ASSIGNED, CONTACTED, GOAL_SET, ATTAINED, ATTAINED],
        [ASSIGNED, CONTACTED, ATTAINED],
        [ASSIGNED, CLOSED, CONTACTED],
        [ASSIGNED, CONTACTED, (life.AssessmentCompleted, {})],
        [ASSIGNED, CONTACTED, (life.MotivationRecorded, {"value": 4, "previous": 5})],
        [ASSIGNED, CONTACTED, (life.HandoverConfirmed, handover(ONE))],
        [ASSIGNED, CONTACTED, proposed(ONE), (life.HandoverConfirmed, handover(ONE))],
        [ASSIGNED, OVERDUE, OVERDUE],
        [ASSIGNED, CONTACTED, OVERDUE],
        [ASSIGNED, LATE, LATE],
        [ASSIGNED, CONTACTED, (life.AssessmentStarted, {}), LATE],
        [ASSIGNED, CLOSED, OVERDUE],
        [
            ASSIGNED,
            CONTACTED,
            (
                life.CadenceChanged,
                {"days_between": 7, "tapering": False, "status": "tapering"},
            ),
        ],
    ],
    ids=[
        "reached before assigned",
        "a goal before contact",
        "a goal attained twice",
        "an unknown goal attained",
        "reached after the end",
        "assessed before it began",
        "other points before",
        "an unknown handover",
        "confirmed without a meeting",
        "overdue twice",
        "overdue after the contact",
        "late twice",
        "late after it began",
        "overdue after the end",
        "told as another status",
    ],
)
def test_what_the_tables_do_not_allow_is_no_history(told: list[Told]) -> None:
    with pytest.raises(BrokenHistoryError):
        fold(history(*told))


def test_a_missing_version_is_no_history() -> None:
    first, _, third = history(ASSIGNED, CONTACTED, GOAL_SET)
    with pytest.raises(BrokenHistoryError):
        fold([first, third])
