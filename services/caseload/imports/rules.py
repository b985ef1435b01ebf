"""What a history import takes, what may become of a line, and which past cannot have been; pure.

Days are all that a county's past has: the moment that stands for one is noon in UTC (see
`shared.calendar.noon_of`), so that every report's period takes it for that Finnish day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.contracts.codes import AgeGroup

MEDIA_TYPE = "application/x-ndjson"
MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_LINE_BYTES = 256 * 1024
MAX_VISITS = 2_000
MAX_PLACEMENTS = 100
UPLOAD_PATIENCE = timedelta(hours=1)
"""An upload that is not whole after so long will not be."""


class Outcome(StrEnum):
    """What became of a line."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """The team has a case of this external_id already; the line changes nothing of it."""
    REFUSED = "refused"


class VisitOutcome(StrEnum):
    """Whether a past visit took place."""

    KEPT = "kept"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Fault:
    """What cannot be of a line, and where in it."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True)
class Past:
    """The days of a case, as far as they must agree with each other."""

    opened_on: date
    closed_on: date | None
    has_closing_reason: bool
    birth_year: int | None
    visits: tuple[date, ...]
    placements: tuple[tuple[date, date | None], ...]


def faults_of(past: Past) -> Iterator[Fault]:
    """Everything that cannot be."""
    if past.closed_on is not None and past.closed_on < past.opened_on:
        yield Fault("/closed_on", "closed_before_opened", "lies before the day of opening")
    if past.closed_on is None and past.has_closing_reason:
        yield Fault("/closing_reason", "not_closed", "an open case has no reason of its end")
    if past.birth_year is not None and past.birth_year > past.opened_on.year:
        yield Fault("/birth_year", "born_after_opening", "lies after the year of opening")
    for nth, day in enumerate(past.visits):
        if day < past.opened_on or (past.closed_on is not None and day > past.closed_on):
            detail = "a visit lies between opening and end of its case"
            yield Fault(f"/visits/{nth}/on", "outside_the_case", detail)
    for nth, (first, last) in enumerate(past.placements):
        if last is not None and last < first:
            detail = "the last day lies before the first"
            yield Fault(f"/placements/{nth}/to", "ends_before_start", detail)


def age_group(birth_year: int | None, on: date) -> AgeGroup:
    """The age group of a client of whom only the year of birth is told: the age of that year."""
    if birth_year is None:
        return AgeGroup.UNKNOWN
    age = on.year - birth_year
    for group, last in (
        (AgeGroup.UNDER_18, 17),
        (AgeGroup.FROM_18_TO_29, 29),
        (AgeGroup.FROM_30_TO_64, 64),
        (AgeGroup.FROM_65_TO_75, 75),
    ):
        if age <= last:
            return group
    return AgeGroup.OVER_75
