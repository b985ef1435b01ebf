"""Two clocks that must not be mixed: working time by a team's policy, and statutory weekdays.

Working time answers "by when does the team want to have contacted"; the statutory clock answers
"by when does the law want it" (Act 150/1930 on the counting of periods of time). Both know the
Finnish holidays.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

FINLAND = ZoneInfo("Europe/Helsinki")
SATURDAY = 5


@dataclass(frozen=True)
class WorkingHours:
    """A team's opening hours in Finnish local time, the same on every working day."""

    opens: time = time(8)
    closes: time = time(16)


OFFICE_HOURS = WorkingHours()


@lru_cache(maxsize=64)
def _holidays_of(year: int) -> frozenset[date]:
    """Public holidays, with Christmas Eve and Midsummer Eve, which offices keep closed too."""
    return frozenset(holidays.country_holidays("FI", years=year))


def is_working_day(day: date) -> bool:
    """Monday to Friday and not a Finnish holiday, Christmas Eve or Midsummer Eve."""
    return day.weekday() < SATURDAY and day not in _holidays_of(day.year)


def next_working_day(day: date) -> date:
    """The day itself if it is a working day, else the first one after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def add_working_hours(
    start: datetime, hours: float, policy: WorkingHours = OFFICE_HOURS
) -> datetime:
    """The moment when `hours` of the team's opening time have passed since `start`.

    `start` is aware, in any zone; the answer is in UTC. Time outside opening hours does not count,
    so a referral of Friday evening starts its clock on Monday morning.
    """
    left = timedelta(hours=hours)
    moment = start.astimezone(FINLAND)
    while True:
        opens, closes = _opening_of(moment.date(), policy)
        moment = max(moment, opens)
        if is_working_day(moment.date()) and moment < closes:
            room = closes.astimezone(UTC) - moment.astimezone(UTC)
            if left <= room:
                return moment.astimezone(UTC) + left
            left -= room
        moment = _opening_of(moment.date() + timedelta(days=1), policy)[0]


def working_hours_between(
    start: datetime, end: datetime, policy: WorkingHours = OFFICE_HOURS
) -> float:
    """Opening hours that passed between two moments; 0 when `end` is not after `start`."""
    total = timedelta()
    day = start.astimezone(FINLAND).date()
    last = end.astimezone(FINLAND).date()
    while day <= last:
        if is_working_day(day):
            opens, closes = _opening_of(day, policy)
            total += max(timedelta(), min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return total / timedelta(hours=1)


def statutory_deadline(pending_since: datetime, weekdays: int) -> date:
    """The last day of a period of `weekdays`, counted as Act 150/1930 and SHL 36 § say.

    The day of the event is day 0 and does not count; Saturdays, Sundays, holidays, Christmas Eve
    and Midsummer Eve are no weekdays, so the last day is always one on which offices are open.
    """
    day = pending_since.astimezone(FINLAND).date()
    for _ in range(weekdays):
        day = next_working_day(day + timedelta(days=1))
    return day


def finnish_day(moment: datetime) -> date:
    """The day it is in Finland at a moment."""
    return moment.astimezone(FINLAND).date()


def midnight_after(day: date) -> datetime:
    """The moment at which a day is over in Finland."""
    return datetime.combine(day + timedelta(days=1), time(), FINLAND).astimezone(UTC)


def noon_of(day: date) -> datetime:
    """The moment that stands for a day of which no hour is told: noon in UTC.

    It lies within the Finnish day, so that a period's bounds take it for that day, and as far from
    the next one's in winter as in summer, so that days between are whole.
    """
    return datetime.combine(day, time(12), UTC)


def iso_week_of(moment: datetime) -> tuple[datetime, datetime]:
    """The ISO week of a moment in Finnish time: its Monday's midnight, and the next one's."""
    day = moment.astimezone(FINLAND).date()
    monday = day - timedelta(days=day.weekday())
    begins, ends = (
        datetime.combine(first, time(), FINLAND).astimezone(UTC)
        for first in (monday, monday + timedelta(days=7))
    )
    return begins, ends


def _opening_of(day: date, policy: WorkingHours) -> tuple[datetime, datetime]:
    return (
        datetime.combine(day, policy.opens, FINLAND),
        datetime.combine(day, policy.closes, FINLAND),
    )
