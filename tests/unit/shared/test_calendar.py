"""Working time and the statutory clock, by examples from the Finnish calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import (
    FINLAND,
    add_working_hours,
    is_working_day,
    iso_week_of,
    next_working_day,
    statutory_deadline,
    working_hours_between,
)


def finnish(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=FINLAND)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23T09:00", 2, "2026-11-23T11:00"),
        ("2026-11-23T15:00", 2, "2026-11-24T09:00"),
        ("2026-11-20T16:30", 2, "2026-11-23T10:00"),  # Friday evening: Monday morning counts
        ("2026-11-21T12:00", 8, "2026-11-23T16:00"),  # Saturday
        ("2026-12-23T15:00", 2, "2026-12-28T09:00"),  # Christmas Eve to Boxing Day, then a weekend
        ("2026-12-04T15:00", 24, "2026-12-09T15:00"),  # Independence Day is a Sunday
        ("2026-06-18T15:00", 2, "2026-06-22T09:00"),  # Midsummer Eve is closed
        ("2026-03-27T15:00", 2, "2026-03-30T09:00"),  # the clock moves in the weekend between
        ("2026-11-23T06:00", 0, "2026-11-23T08:00"),
    ],
)
def test_working_hours_run_only_when_the_team_is_open(start: str, hours: int, due: str) -> None:
    assert add_working_hours(finnish(start), hours) == finnish(due)


moments = st.datetimes(
    min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)
)


@given(moments, st.floats(min_value=0.25, max_value=200))
def test_as_many_working_hours_lie_between_as_were_added(start: datetime, hours: float) -> None:
    due = add_working_hours(start, hours)
    assert due.tzinfo == UTC
    assert working_hours_between(start, due) == pytest.approx(hours, abs=1e-4)


@given(moments, st.floats(min_value=0, max_value=100), st.floats(min_value=0, max_value=100))
def test_more_hours_are_never_due_earlier(start: datetime, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert add_working_hours(start, less) <= add_working_hours(start, more)


def test_nothing_passes_backwards() -> None:
    moment = finnish("2026-11-23T12:00")
    assert working_hours_between(moment, moment - timedelta(hours=3)) == 0


@pytest.mark.parametrize(
    ("pending", "last_day"),
    [
        ("2026-11-23T10:00", date(2026, 12, 2)),  # Monday: seven weekdays on
        ("2026-11-27T23:59", date(2026, 12, 8)),  # Friday night
        ("2026-12-17T10:00", date(2026, 12, 30)),  # over Christmas
        ("2026-06-15T10:00", date(2026, 6, 25)),  # over Midsummer
        ("2026-11-28T10:00", date(2026, 12, 8)),  # Saturday is day 0 too
    ],
)
def test_the_seventh_weekday_skips_holidays(pending: str, last_day: date) -> None:
    assert statutory_deadline(finnish(pending), 7) == last_day


def test_the_day_of_pending_is_the_finnish_one() -> None:
    late_sunday_utc = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)  # Monday in Finland
    assert statutory_deadline(late_sunday_utc, 1) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 12, 24), False),
        (date(2026, 6, 19), False),
        (date(2026, 5, 1), False),
        (date(2026, 11, 21), False),
        (date(2026, 11, 23), True),
    ],
)
def test_days_that_offices_keep(day: date, working: bool) -> None:
    assert is_working_day(day) is working
    assert is_working_day(next_working_day(day))


@pytest.mark.parametrize(
    ("moment", "monday"),
    [
        ("2026-11-23T00:00", "2026-11-23T00:00"),
        ("2026-11-29T23:59", "2026-11-23T00:00"),
        ("2026-03-29T12:00", "2026-03-23T00:00"),  # the Sunday on which summer time begins
        ("2027-01-01T08:00", "2026-12-28T00:00"),  # week 53 of the year before
    ],
)
def test_a_week_begins_on_monday_at_midnight_in_finland(moment: str, monday: str) -> None:
    assert iso_week_of(finnish(moment))[0] == finnish(monday)


def test_monday_has_begun_in_finland_while_it_is_sunday_in_utc() -> None:
    late_sunday_utc = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    assert iso_week_of(late_sunday_utc)[0] == finnish("2026-11-23T00:00")


@given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_every_moment_is_in_its_week_and_weeks_leave_no_gap(moment: datetime) -> None:
    begins, ends = iso_week_of(moment)
    assert begins <= moment < ends
    assert iso_week_of(ends)[0] == ends
