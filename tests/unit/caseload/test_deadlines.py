"""The team's clock and the law's: by when a client is to be reached, and an assessment to begin."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.deadlines import rules
from services.caseload.deadlines.rules import Due, Ground, When
from services.caseload.teams.schemas import ContactPolicy
from shared.calendar import FINLAND, finnish_day, is_working_day
from shared.contracts.codes import AgeGroup, Urgency

HOURS = ContactPolicy().hours
PERSONAL = [ground for ground in Ground if ground != Ground.URGENT_NEED]
moments = st.datetimes(
    datetime(2020, 1, 1), datetime(2039, 12, 1), timezones=st.sampled_from([UTC, FINLAND])
)
grounds = st.sampled_from(PERSONAL)


def at(day: str, hour: int = 12) -> datetime:
    """An hour of a day in Finland."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), FINLAND).replace(
        hour=hour
    )


def seventh_weekday(pending_since: datetime) -> date:
    due = rules.assessment_due(pending_since, Ground.OVER_75, None)
    assert due is not None
    return due.on


@pytest.mark.parametrize(
    ("pending", "last_day"),
    [
        ("2026-03-02", "2026-03-11"),  # Monday; a weekend between
        ("2026-03-06", "2026-03-17"),  # Friday: day 0 does not count (Act 150/1930, 2 §)
        ("2026-03-07", "2026-03-17"),  # Saturday
        ("2026-03-30", "2026-04-10"),  # Good Friday and Easter Monday between
        ("2026-06-10", "2026-06-22"),  # would end on Midsummer Eve (Act 150/1930, 5 §)
        ("2026-12-15", "2026-12-28"),  # would end on Christmas Eve
        ("2026-12-22", "2027-01-05"),  # Christmas and New Year's Day between
        ("2025-11-26", "2025-12-05"),  # the day before Independence Day, a Saturday then
        ("2026-04-21", "2026-04-30"),  # the day before the First of May
    ],
)
def test_an_assessment_begins_by_the_seventh_weekday(pending: str, last_day: str) -> None:
    """Social Welfare Act 1301/2014, section 36."""
    for ground in PERSONAL:
        due = rules.assessment_due(at(pending), ground, None)
        assert due == Due(date.fromisoformat(last_day), ground)


def test_the_day_is_finlands() -> None:
    late_on_monday = datetime(2026, 3, 2, 21, 59, tzinfo=UTC)
    assert seventh_weekday(late_on_monday) == date(2026, 3, 11)
    assert seventh_weekday(late_on_monday + timedelta(minutes=1)) == date(2026, 3, 12)


@given(moments, grounds)
def test_seven_weekdays_and_no_more_lie_between(pending_since: datetime, ground: Ground) -> None:
    due = rules.assessment_due(pending_since, ground, None)
    assert due is not None
    began = finnish_day(pending_since)
    between = [began + timedelta(days=nth) for nth in range(1, (due.on - began).days + 1)]
    assert [is_working_day(day) for day in between].count(True) == 7
    assert is_working_day(due.on)
    assert timedelta(days=9) <= due.on - began <= timedelta(days=18)


@given(moments, moments)
def test_who_came_later_is_never_due_earlier(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert seventh_weekday(earlier) <= seventh_weekday(later)


@given(moments, st.none() | grounds, st.integers(0, 3))
def test_an_urgent_need_is_assessed_at_once_whatever_the_day(
    pending_since: datetime, ground: Ground | None, days: int
) -> None:
    urgent = pending_since + timedelta(days=days)
    due = rules.assessment_due(pending_since, ground, urgent)
    assert due == Due(finnish_day(urgent), Ground.URGENT_NEED)


def test_an_urgent_need_heard_of_late_does_not_put_off_what_was_due_before() -> None:
    pending, urgent = at("2026-03-02"), at("2026-03-20")
    due = rules.assessment_due(pending, Ground.OVER_75, urgent)
    assert due == Due(date(2026, 3, 11), Ground.OVER_75)


@given(moments)
def test_for_everybody_else_the_law_sets_no_date(pending_since: datetime) -> None:
    assert rules.assessment_due(pending_since, None, None) is None


@pytest.mark.parametrize("group", AgeGroup)
def test_of_ages_only_over_75_is_a_ground(group: AgeGroup) -> None:
    expected = Ground.OVER_75 if group == AgeGroup.OVER_75 else None
    assert rules.ground_of(group) == expected


def test_a_need_is_urgent_since_it_was_first_called_so() -> None:
    first, second = at("2026-03-02"), at("2026-03-03")
    assert rules.urgent_since(None, Urgency.URGENT, first) is None
    assert rules.urgent_since(None, Urgency.IMMEDIATE, first) == first
    assert rules.urgent_since(first, Urgency.IMMEDIATE, second) == first
    assert rules.urgent_since(first, Urgency.ROUTINE, second) is None


@given(st.lists(st.tuples(moments, st.sampled_from(Urgency)), min_size=1, max_size=4))
def test_the_contact_is_due_when_the_first_of_the_referrals_asks_for_it(
    asked: list[tuple[datetime, Urgency]],
) -> None:
    due = rules.contact_due_at(asked, HOURS)
    assert due == min(rules.contact_due_at([each], HOURS) for each in asked)
    assert all(rules.contact_due_at([(when, Urgency.ROUTINE)], HOURS) >= due for when, _ in asked)


def test_the_contact_clock_runs_in_working_time_and_the_law_in_days() -> None:
    evening = at("2026-04-02", 18)  # the Thursday before Easter, after hours
    assert rules.contact_due_at([(evening, Urgency.URGENT)], HOURS) == at("2026-04-07", 16)
    assert seventh_weekday(evening) == date(2026, 4, 15)


def test_a_deadline_is_kept_in_its_last_moment() -> None:
    due = at("2026-03-03", 10)
    assert not rules.is_contact_late(due, due)
    assert rules.is_contact_late(due, due + timedelta(microseconds=1))
    day = date(2026, 3, 11)
    midnight = at("2026-03-12", 0)
    assert not rules.is_assessment_late(day, midnight - timedelta(microseconds=1))
    assert rules.is_assessment_late(day, midnight)
    assert not rules.is_assessment_late(None, midnight)


def test_a_week_is_seven_days_with_today() -> None:
    today = date(2026, 3, 2)
    assert rules.last_day_of(When.TODAY, today) == today
    assert rules.last_day_of(When.WEEK, today) == date(2026, 3, 8)
