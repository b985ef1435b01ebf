"""Periods and shares; pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FINLAND = ZoneInfo("Europe/Helsinki")
SHARE_DIGITS = 4


def bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day's beginning until before the end of the last, in Finnish days."""
    return _midnight(first), _midnight(last + timedelta(days=1))


def share(part: int, whole: int) -> float | None:
    """Part of the whole, from 0 to 1; None of nothing."""
    return round(part / whole, SHARE_DIGITS) if whole else None


def rounded(value: float | None, digits: int = 1) -> float | None:
    """A figure as it is shown; None of nothing."""
    return None if value is None else round(float(value), digits)


def on_line(points: Mapping[int, float], year: int) -> float | None:
    """Where the straight line between the points is in a year. Nothing is aimed at before the
    first point; after the last the goal is reached, and stays."""
    if year in points:
        return points[year]
    before = [each for each in points if each < year]
    after = [each for each in points if each > year]
    if not before or not after:
        return points[max(before)] if before else None
    first, last = max(before), min(after)
    way = (year - first) / (last - first)
    return round(points[first] + way * (points[last] - points[first]), SHARE_DIGITS)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), FINLAND).astimezone(UTC)
