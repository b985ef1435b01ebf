"""Days that a body names: within what a database and a report can hold, and not yet to come where
something has happened already."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared import when
from shared.calendar import finnish_day
from shared.clock import utc_now

FIRST = date(1970, 1, 1)
LAST = date(2199, 12, 31)
"""The reports look no further either way."""


def today() -> date:
    """The day it is in Finland."""
    return finnish_day(utc_now())


def _in_reach(day: date) -> date:
    if not FIRST <= day <= LAST:
        raise PydanticCustomError("day_out_of_reach", "must be of the years 1970 to 2199")
    return day


def _not_to_come(day: date) -> date:
    if day > today():
        raise PydanticCustomError("in_the_future", "must not be a day that is yet to come")
    return day


Day = Annotated[when.Day, AfterValidator(_in_reach)]
PastDay = Annotated[Day, AfterValidator(_not_to_come)]
"""Today at the latest, as the day is in Finland."""
