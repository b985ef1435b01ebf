"""What a team keeps beside its cases: every action on a gap and a placement in every state, who
is on a path, and which days a body may name."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.caseload import days
from services.caseload.days import Day, PastDay
from services.caseload.gaps import rules as gaps
from services.caseload.paths import rules as paths
from services.caseload.placements import rules as placements
from services.caseload.placements.rules import Standing
from shared.calendar import finnish_day, noon_of
from shared.contracts.codes import GapStatus

G, P = gaps.Action, placements.Action

GAPS = {
    (GapStatus.REPORTED, G.UPDATE): GapStatus.ACKNOWLEDGED,
    (GapStatus.REPORTED, G.RESOLVE): GapStatus.RESOLVED,
    (GapStatus.ACKNOWLEDGED, G.UPDATE): GapStatus.ACKNOWLEDGED,
    (GapStatus.ACKNOWLEDGED, G.RESOLVE): GapStatus.RESOLVED,
    (GapStatus.RESOLVED, G.UPDATE): None,
    (GapStatus.RESOLVED, G.RESOLVE): None,
}
PLACEMENTS = {
    (Standing.OPEN, P.END): Standing.ENDED,
    (Standing.OPEN, P.CORRECT): Standing.OPEN,
    (Standing.OPEN, P.VOID): Standing.ENTERED_IN_ERROR,
    (Standing.ENDED, P.END): None,
    (Standing.ENDED, P.CORRECT): Standing.ENDED,
    (Standing.ENDED, P.VOID): Standing.ENTERED_IN_ERROR,
    (Standing.ENTERED_IN_ERROR, P.END): None,
    (Standing.ENTERED_IN_ERROR, P.CORRECT): None,
    (Standing.ENTERED_IN_ERROR, P.VOID): None,
}


@pytest.mark.parametrize(("status", "action"), list(product(GapStatus, G)))
def test_every_action_on_a_gap_in_every_status(status: GapStatus, action: gaps.Action) -> None:
    assert gaps.after(status, action) == GAPS[status, action]


@pytest.mark.parametrize(("standing", "action"), list(product(Standing, P)))
def test_every_action_on_a_placement_in_every_standing(
    standing: Standing, action: placements.Action
) -> None:
    assert placements.after(standing, action) == PLACEMENTS[standing, action]


def test_a_placement_stands_as_its_last_day_says() -> None:
    last = date(2026, 5, 1)
    assert placements.standing_of(None, entered_in_error=False) == Standing.OPEN
    assert placements.standing_of(last, entered_in_error=False) == Standing.ENDED
    assert placements.standing_of(last, entered_in_error=True) == Standing.ENTERED_IN_ERROR


def test_a_placement_may_last_one_day_and_not_less() -> None:
    first = date(2026, 5, 1)
    assert not placements.is_reversed(first, first)
    assert not placements.is_reversed(first, None)
    assert placements.is_reversed(first, first - timedelta(days=1))


def test_the_team_is_on_every_path_and_alone_on_none() -> None:
    team = str(uuid4())
    assert paths.organisations_of(team, ["ward", "ward", team]) == sorted([team, "ward"])
    assert paths.joins_services([team, "ward"])
    assert not paths.joins_services(paths.organisations_of(team, [team]))


def test_a_review_is_overdue_from_the_day_after() -> None:
    due = date(2026, 5, 1)
    assert not paths.is_overdue(due, due)
    assert paths.is_overdue(due, due + timedelta(days=1))


@given(st.dates(min_value=days.FIRST, max_value=days.LAST))
def test_the_moment_that_stands_for_a_day_lies_within_it_in_finland(day: date) -> None:
    moment = noon_of(day)
    assert finnish_day(moment) == day
    assert finnish_day(moment - timedelta(hours=9)) == day
    assert finnish_day(moment + timedelta(hours=8)) == day


def test_a_finnish_day_begins_before_the_utc_day() -> None:
    assert finnish_day(datetime(2025, 12, 31, 22, 0, tzinfo=UTC)) == date(2026, 1, 1)


@pytest.mark.parametrize("day", [date(1969, 12, 31), date(2200, 1, 1), date.max])
def test_days_that_no_report_reaches_are_not_taken(day: date) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Day).validate_python(day)
    assert refused.value.errors()[0]["type"] == "day_out_of_reach"


def test_what_happened_did_so_today_at_the_latest() -> None:
    past = TypeAdapter(PastDay)
    assert past.validate_python(days.today()) == days.today()
    with pytest.raises(ValidationError) as refused:
        past.validate_python(days.today() + timedelta(days=1))
    assert refused.value.errors()[0]["type"] == "in_the_future"
