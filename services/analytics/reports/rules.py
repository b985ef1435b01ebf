"""Periods, shares and small numbers; pure."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

FINLAND = ZoneInfo("Europe/Helsinki")
SMALLEST_SHOWN = 5
SHARE_DIGITS = 4

Row = Mapping[str, Any]


def bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day's beginning until before the end of the last, in Finnish days."""
    return _midnight(first), _midnight(last + timedelta(days=1))


def share(part: int, whole: int) -> float | None:
    """Part of the whole, from 0 to 1; None of nothing."""
    return round(part / whole, SHARE_DIGITS) if whole else None


def without_small(data: Row, counts: Collection[str], shares: Mapping[str, str]) -> dict[str, Any]:
    """The data with counts from 1 to 4 taken out, in its rows too, and the shares of such counts.

    `shares` names, for each share, the count it rests on.
    """
    shown = _shown(data, counts, shares)
    if "rows" in data:
        shown["rows"] = [_shown(row, counts, shares) for row in data["rows"]]
    return shown


def _shown(row: Row, counts: Collection[str], shares: Mapping[str, str]) -> dict[str, Any]:
    small = {name for name in counts if 0 < row.get(name, 0) < SMALLEST_SHOWN}
    hidden = small | {name for name, count in shares.items() if count in small}
    return {name: None if name in hidden else value for name, value in row.items()}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), FINLAND).astimezone(UTC)
