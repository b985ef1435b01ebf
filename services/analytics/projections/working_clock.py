"""The working clock: every moment as office hours that had passed since a day long ago.

The working hours between two moments are then a difference that the database can take, whichever
of the two events came first.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from shared.calendar import working_hours_between

_BEGINS = datetime(2000, 1, 1, tzinfo=UTC)


def hours_at(moment: datetime) -> float:
    """What the working clock shows; before it begins, 0."""
    year = moment.astimezone(UTC).year
    if year < _BEGINS.year:
        return 0.0
    begins = datetime(year, 1, 1, tzinfo=UTC)
    within = working_hours_between(begins, moment) if moment > begins else 0.0
    return _until(year) + within


@lru_cache(maxsize=400)
def _until(year: int) -> float:
    if year <= _BEGINS.year:
        return 0.0
    begins, ends = (datetime(each, 1, 1, tzinfo=UTC) for each in (year - 1, year))
    return _until(year - 1) + working_hours_between(begins, ends - timedelta(microseconds=1))
