"""Periods and shares; pure."""

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


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), FINLAND).astimezone(UTC)
