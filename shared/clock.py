"""The time now, always aware and in UTC. Tests move it by passing another `Clock`."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current moment in UTC."""
    return datetime.now(UTC)
