"""Days and instants as the API takes them: RFC 3339 text, never a number, of
the years 1880 to 2199.

Pydantic alone would read a number, or digits in quotes, as seconds since 1970.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

FIRST_DAY = date(1880, 1, 1)
LAST_DAY = date(2199, 12, 31)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}.*", re.ASCII)


def _day_text(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("not_a_day", "must be a day as text, like 2026-01-31")


def _instant_text(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise PydanticCustomError(
        "not_an_instant", "must be a moment as text with its zone, like 2026-01-31T08:30:00Z"
    )


def _day_in_reach(value: date) -> date:
    if not FIRST_DAY <= value <= LAST_DAY:
        raise PydanticCustomError("day_out_of_reach", "must be between the years 1880 and 2199")
    return value


def _instant_in_reach(value: datetime) -> datetime:
    _day_in_reach(value.astimezone(UTC).date() if 1 < value.year < 9999 else value.date())
    return value


Day = Annotated[date, BeforeValidator(_day_text), AfterValidator(_day_in_reach)]
Instant = Annotated[
    AwareDatetime, BeforeValidator(_instant_text), AfterValidator(_instant_in_reach)
]
