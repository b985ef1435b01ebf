"""What outsiders may be told, so that no small number follows from two answers either.

Whoever may ask for any days gets any day by subtraction, however each answer is protected; so
outsiders are told of one calendar year, quarter or month, and of a year narrowed by one filter at
most; of several whole years where a report counts what happened, not who was there. Of these, a
figure is told of every value of a filter, and of every month of a year, or of none: of none where
it would be hidden in one of them, or where their total less one of them, all but one or all is a
small number: also where persons are in several of them. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from services.analytics.reports.report import OF_CASES, Question
from services.analytics.reports.rules import bounds
from services.analytics.reports.small_numbers import (
    SMALLEST_SHOWN,
    Data,
    Identity,
    Protection,
    hidden_identities,
    identities,
)

QUARTER = 3
YEAR = 12
WITHIN_COUNTY = ("municipality", "team")


@dataclass(frozen=True)
class Family:
    """Answers that make a whole, or nearly: what of them hangs together is told of all or none."""

    whole: Question
    parts: tuple[Question, ...]


def is_published(asked: Question, *, adds_up: bool) -> bool:
    """Whether outsiders are told anything. A day to look on is the last of a month; a day to split
    on would part any month. Of a report that `adds_up` years may be told together."""
    if asked.split_on is not None or not _ends_month(asked.on or asked.last_day):
        return False
    months = _months_of(asked)
    if months == YEAR:
        return len(narrowed_by(asked)) <= 1
    if narrowed_by(asked):
        return False
    return months in (1, QUARTER) or (adds_up and months > 0 and months % YEAR == 0)


def narrowed_by(asked: Question) -> list[str]:
    """The filters that are set."""
    return [name for name in OF_CASES if getattr(asked, name) is not None]


def families(asked: Question, values: Mapping[str, Sequence[object]]) -> list[Family]:
    """The answers that an answer hangs together with; `values` are those that each filter has."""
    filters = narrowed_by(asked)
    if filters:
        everybody = _narrowed(asked, dict.fromkeys(filters))
        named = [*filters, *("county" for name in filters if name in WITHIN_COUNTY)]
        return [
            Family(everybody, tuple(_narrowed(everybody, {name: each}) for each in values[name]))
            for name in named
            if name in values
        ]
    months, year = _months_of(asked), asked.first_day.year
    if months > YEAR:
        return [Family(asked, tuple(_parts(asked, YEAR)))]
    if months == YEAR:
        return []
    whole = _over(asked, date(year, 1, 1), date(year, 12, 31))
    quarters = Family(whole, tuple(_parts(whole, QUARTER)))
    if months == QUARTER:
        return [quarters]
    of_quarters = [Family(each, tuple(_parts(each, 1))) for each in quarters.parts]
    return [quarters, *of_quarters, Family(whole, tuple(_parts(whole, 1)))]


def told_of_none(whole: Data, parts: Sequence[Data], protection: Protection) -> set[Identity]:
    """The figures of a family that are told of none of its parts."""
    answers = [identities(data, protection) for data in parts]
    hidden = {each for data in (whole, *parts) for each in hidden_identities(data, protection)}
    totals = identities(whole, protection)
    for identity in {*totals, *(each for counts in answers for each in counts)}:
        counts = [answer.get(identity, 0) for answer in answers]
        less = {sum(counts), *counts, *(sum(counts) - count for count in counts)}
        if any(_is_small(totals.get(identity, 0) - each) for each in less):
            hidden.add(identity)
    return hidden


def _is_small(count: int) -> bool:
    return 0 < count < SMALLEST_SHOWN


def _narrowed(asked: Question, filters: Mapping[str, Any]) -> Question:
    return replace(asked, **filters)


def _over(asked: Question, first: date, last: date) -> Question:
    start, end = bounds(first, last)
    return replace(asked, start=start, end=end)


def _parts(asked: Question, months: int) -> Iterable[Question]:
    """The period in parts of so many months."""
    first = asked.first_day
    while first <= asked.last_day:
        after = _months_later(first, months)
        yield _over(asked, first, after - timedelta(days=1))
        first = after


def _months_of(asked: Question) -> int:
    """How many months the period is, if it is one of the calendar's: a month, a quarter, a year or
    several; else 0."""
    first, after = asked.first_day, asked.last_day + timedelta(days=1)
    months = YEAR * (after.year - first.year) + after.month - first.month
    length = YEAR if months % YEAR == 0 else months
    is_whole = first.day == after.day == 1 and length in (1, QUARTER, YEAR)
    return months if is_whole and (first.month - 1) % length == 0 else 0


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, YEAR)
    return date(first.year + years, month + 1, 1)


def _ends_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1
