"""What a team and a worker may be told to be."""

from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.caseload.teams.schemas import ContactPolicy, TeamBody, WorkerBody
from shared.contracts.codes import Urgency

TEAM: dict[str, Any] = {"name": "Street team", "county": "09", "municipalities": ["398"]}
WORKER: dict[str, Any] = {
    "team": str(uuid4()),
    "profession": "social_worker",
    "employer_sector": "social",
}


def refused(body: type[TeamBody] | type[WorkerBody], values: dict[str, Any]) -> str:
    """The code of the one error."""
    with pytest.raises(ValidationError) as caught:
        body.model_validate(values)
    (error,) = caught.value.errors()
    return error["type"]


def test_a_team_has_the_field_s_usual_figures_unless_told_otherwise() -> None:
    team = TeamBody.model_validate(TEAM)
    assert team.guideline_caseload == 18
    assert team.target_groups == []
    assert not team.guidance_unit
    hours = [team.contact_policy.hours(urgency) for urgency in Urgency]
    assert hours == [2, 8, 24]


def test_a_policy_may_set_one_urgency_and_leave_the_others() -> None:
    policy = ContactPolicy.model_validate({"urgent": 4})
    assert [policy.hours(urgency) for urgency in Urgency] == [2, 4, 24]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"county": "99"}, "county_unknown"),
        ({"municipalities": ["999"]}, "municipality_unknown"),
        ({"municipalities": ["98"]}, "municipality_unknown"),
        ({"target_groups": ["everybody"]}, "target_group_unknown"),
        ({"contact_policy": {"urgent": 0}}, "greater_than"),
        ({"contact_policy": {"soon": 1}}, "extra_forbidden"),
        ({"name": "Street\x00team"}, "control_character"),
        ({"guideline_caseload": 0}, "greater_than_equal"),
        ({"colour": "blue"}, "extra_forbidden"),
    ],
)
def test_a_team_that_cannot_be_is_refused(change: dict[str, Any], code: str) -> None:
    assert refused(TeamBody, TEAM | change) == code


@pytest.mark.parametrize("group", ["18-29", "over_75", "homelessness", "mental_health"])
def test_target_groups_are_ages_or_reasons(group: str) -> None:
    assert TeamBody.model_validate(TEAM | {"target_groups": [group]}).target_groups == [group]


def test_a_worker_has_the_field_s_usual_figures_unless_told_otherwise() -> None:
    worker = WorkerBody.model_validate(WORKER)
    assert worker.capacity_points == 18
    assert worker.working_days == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"profession": "wizard"}, "enum"),
        ({"employer_sector": "private"}, "enum"),
        ({"capacity_points": -1}, "greater_than_equal"),
        ({"working_days": [0]}, "greater_than_equal"),
        ({"working_days": []}, "too_short"),
        ({"languages": ["Finnish, mostly"]}, "string_pattern_mismatch"),
        ({"name": "Testi Henkilö"}, "extra_forbidden"),
    ],
)
def test_a_worker_that_cannot_be_is_refused(change: dict[str, Any], code: str) -> None:
    assert refused(WorkerBody, WORKER | change) == code


def test_working_days_are_kept_in_order_and_once() -> None:
    assert WorkerBody.model_validate(WORKER | {"working_days": [5, 1, 5]}).working_days == [1, 5]
