"""The simulated region: the same seed gives the same plan, and the plan is true to the work."""

import json
from datetime import date, timedelta
from statistics import mean, median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.fi import hetu

from deploy.simulate.history import RECENT
from deploy.simulate.newcomers import identity_code
from deploy.simulate.plan import Plan, plan_of
from deploy.simulate.scale import Scale
from deploy.simulate.teams import CLOGGED, MEETINGS_A_WEEK
from deploy.simulate.work import Case
from shared.contracts.municipalities import counties_by_municipality
from tests.support.deeper import examples

pytestmark = pytest.mark.xdist_group("simulate")

UNTIL = date(2026, 11, 22)
COUNTIES = sorted(set(counties_by_municipality().values()))
scales = st.builds(
    Scale,
    seed=st.integers(0, 2**32),
    county=st.sampled_from(COUNTIES),
    weeks=st.integers(1, 12),
    until=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    workers=st.integers(1, 3),
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Three years of a county, as `nopsa simulate` sends them when nothing else is asked for."""
    return plan_of(Scale(7, "15", 156, UNTIL))


@given(scale=scales)
@settings(max_examples=examples(15))
def test_the_same_seed_gives_the_same_plan_to_the_byte_and_another_seed_another(
    scale: Scale,
) -> None:
    again = Scale(scale.seed, scale.county, scale.weeks, scale.until, scale.workers)
    other = Scale(scale.seed + 1, scale.county, scale.weeks, scale.until, scale.workers)
    plan = plan_of(scale)
    assert plan == plan_of(again)
    assert plan.teams != plan_of(other).teams
    for line in map(json.loads, plan.history.splitlines()):
        days = [line["opened_on"], *sorted(visit["on"] for visit in line["visits"])]
        days += [line["closed_on"]] if "closed_on" in line else []
        assert days == sorted(days)
        assert days[-1] < scale.until.isoformat()


def open_on(day: date, cases: tuple[Case, ...]) -> list[Case]:
    return [
        case
        for case in cases
        if case.arrival.on <= day and (case.closed_on is None or case.closed_on > day)
    ]


def days_of_those_closed(cases: tuple[Case, ...], first: date, last: date) -> float:
    return median(
        (case.closed_on - case.arrival.on).days
        for case in cases
        if case.closed_on and first <= case.closed_on < last
    )


def test_fifteen_of_a_hundred_booked_meetings_are_cancelled(plan: Plan) -> None:
    visits = [visit for cases in plan.cases.values() for case in cases for visit in case.visits]
    assert mean(not visit.kept for visit in visits) == pytest.approx(0.15, abs=0.01)


def test_a_worker_has_about_eighteen_clients_and_no_more_meetings_with_more(plan: Plan) -> None:
    for team in plan.teams:
        cases, workers = plan.cases[team.name], len(team.workers)
        weeks = [plan.scale.first_monday + timedelta(weeks=week) for week in range(20, 156)]
        if not team.clogs:
            load = mean(len(open_on(week, cases)) for week in weeks) / workers
            assert 13 <= load <= 22
        days = [visit.on for case in cases for visit in case.visits]
        in_week = [sum(week <= day < week + timedelta(days=7) for day in days) for week in weeks]
        assert max(in_week) <= MEETINGS_A_WEEK * workers


def test_the_team_that_clogs_keeps_its_clients_longer_and_meets_each_more_rarely(
    plan: Plan,
) -> None:
    first, year = plan.scale.first_monday, timedelta(weeks=52)
    clogged = plan.cases[CLOGGED]
    before = days_of_those_closed(clogged, first + year, first + year * 2)
    after = days_of_those_closed(clogged, first + year * 2, first + year * 3)
    assert after > before * 1.25
    [workers] = [len(team.workers) for team in plan.teams if team.clogs]
    assert len(open_on(UNTIL, clogged)) / workers > 30


def test_the_newest_weeks_are_lived_not_imported_and_handovers_fail_and_are_tried_again(
    plan: Plan,
) -> None:
    paths = [step.path for story in plan.stories for step in story.steps]
    for word in ("keep", "cancel", "fail", "confirm", "close", "return", "revoke", "denials"):
        assert any(path.endswith(word) for path in paths), word
    lived = [story.external_id for story in plan.stories if story.external_id]
    lines = {line["external_id"]: line for line in map(json.loads, plan.history.splitlines())}
    recent = (UNTIL - RECENT).isoformat()
    assert all(visit["on"] < recent for told in lived for visit in lines[told]["visits"])
    assert len(lines) == sum(len(cases) for cases in plan.cases.values())
    assert len({line["client_key"] for line in lines.values()}) < len(lines), "some come back"


@given(born=st.dates(date(1930, 1, 1), date(2009, 1, 1)), number=st.integers(900, 999))
def test_made_up_identity_codes_are_of_the_series_for_tests(born: date, number: int) -> None:
    assert hetu.is_valid(identity_code(born, number), allow_temporary=True)
