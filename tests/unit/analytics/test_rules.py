"""Periods in Finnish days, shares, and numbers too small to show."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.reports.rules import bounds, share, without_small

ROWS = st.lists(
    st.fixed_dictionaries(
        {"source_kind": st.just("self"), "referrals": st.integers(0, 9), "share": st.just(0.5)}
    )
)


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


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (4, None), (5, 5), (172, 172)])
def test_counts_from_one_to_four_are_not_shown(count: int, shown: int | None) -> None:
    data = {"new": count, "named": 3}
    assert without_small(data, ("new",), {}) == {"new": shown, "named": 3}


@given(rows=ROWS)
def test_a_share_is_not_shown_where_its_count_is_not(rows: list[dict[str, Any]]) -> None:
    shown = without_small({"rows": rows}, ("referrals",), {"share": "referrals"})["rows"]
    for before, after in zip(rows, shown, strict=True):
        hidden = before["referrals"] in range(1, 5)
        assert (after["referrals"] is None) == (after["share"] is None) == hidden
        assert after["source_kind"] == "self"
