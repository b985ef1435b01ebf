"""Periods in Finnish days, and shares."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.reports.rules import bounds, on_line, share


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        ("2022-01-01", "2022-12-31", "2021-12-31T22:00Z", "2022-12-31T22:00Z"),
        ("2026-06-20", "2026-06-20", "2026-06-19T21:00Z", "2026-06-20T21:00Z"),
        ("2026-03-29", "2026-03-29", "2026-03-28T22:00Z", "2026-03-29T21:00Z"),
        ("2026-10-25", "2026-10-25", "2026-10-24T21:00Z", "2026-10-25T22:00Z"),
    ],
)
def test_a_period_is_of_whole_finnish_days(first: str, last: str, start: str, end: str) -> None:
    assert bounds(date.fromisoformat(first), date.fromisoformat(last)) == (
        datetime.fromisoformat(start),
        datetime.fromisoformat(end),
    )


@given(day=st.dates(date(1970, 1, 1), date(2199, 12, 30)), days=st.integers(0, 400))
def test_periods_that_follow_each_other_leave_no_gap(day: date, days: int) -> None:
    start, end = bounds(day, day + timedelta(days=days))
    following, _ = bounds(day + timedelta(days=days + 1), day + timedelta(days=days + 1))
    assert start < end == following
    assert start.tzinfo == UTC


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(0, 0, None), (0, 7, 0.0), (1, 3, 0.3333), (7, 7, 1.0)]
)
def test_a_share_is_of_its_whole(part: int, whole: int, expected: float | None) -> None:
    assert share(part, whole) == expected


@pytest.mark.parametrize(
    ("year", "target"),
    [(2024, None), (2025, 0.2), (2026, 0.22), (2030, 0.3), (2035, 0.4), (2040, 0.4)],
)
def test_the_target_goes_straight_from_year_to_year(year: int, target: float | None) -> None:
    pirkanmaa = {2025: 0.2, 2035: 0.4}
    assert on_line(pirkanmaa, year) == target
    assert on_line({}, year) is None
