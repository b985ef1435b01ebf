"""Two clocks that are never mixed; pure.

The contact clock is the team's own policy, in working time, and runs from the moment a referral was
received. The statutory clock runs from the moment the matter became pending (vireilletulo): in the
cases that section 36 of the Social Welfare Act (1301/2014) names, the assessment of service needs
begins by the seventh weekday; an urgent need is assessed at once; for everybody else the law says
"without undue delay" and sets no date.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from shared.calendar import add_working_hours, finnish_day, statutory_deadline
from shared.contracts.codes import AgeGroup, Urgency

WEEKDAYS = 7
"""Social Welfare Act, section 36: no later than the seventh weekday."""


class Kind(StrEnum):
    """Which of the two clocks a deadline is of."""

    CONTACT = "contact"
    ASSESSMENT = "assessment"


class When(StrEnum):
    """How soon a deadline is that nobody met yet; one that has passed is `overdue` alone."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"


class Ground(StrEnum):
    """Why the law sets a date for the beginning of the assessment (Social Welfare Act, 36 §).

    The highest care allowance is that of section 9, subsection 3, paragraph 3 of the Act on
    Disability Benefits (570/2007).
    """

    URGENT_NEED = "urgent_need"
    OVER_75 = "over_75"
    HIGHEST_CARE_ALLOWANCE = "highest_care_allowance"
    CHILD_NEEDING_SPECIAL_SUPPORT = "child_needing_special_support"


class Due(NamedTuple):
    """The last day to begin the assessment, and why there is one."""

    on: date
    ground: Ground


def contact_due_at(
    asked: Iterable[tuple[datetime, Urgency]], hours: Callable[[Urgency], float]
) -> datetime:
    """The earliest that any of these (when received, how urgent) asks for, by a team's hours."""
    return min(add_working_hours(at, hours(urgency)) for at, urgency in asked)


def ground_of(age_group: AgeGroup) -> Ground | None:
    """What an age group alone gives. That a child needs special support, it does not tell."""
    return Ground.OVER_75 if age_group == AgeGroup.OVER_75 else None


def urgent_since(known: datetime | None, urgency: Urgency, at: datetime) -> datetime | None:
    """Since when the need is urgent, once something more is heard of it at a moment."""
    return (known or at) if urgency == Urgency.IMMEDIATE else None


def assessment_due(
    pending_since: datetime, ground: Ground | None, urgent: datetime | None
) -> Due | None:
    """The earliest day that the law sets, if it sets any.

    Seven weekdays are a period of time: day 0 does not count, and it ends on a weekday (Act
    150/1930, sections 2 and 5). "At once" is none: it is the day itself, whichever day that is.
    """
    dates = []
    if urgent is not None:
        dates.append(Due(finnish_day(urgent), Ground.URGENT_NEED))
    if ground is not None:
        dates.append(Due(statutory_deadline(pending_since, WEEKDAYS), ground))
    return min(dates, default=None)


def last_day_of(when: When, today: date) -> date:
    """The last day of what is still to come: today, or the last of seven days from today on."""
    return today + timedelta(days=6 if when == When.WEEK else 0)


def is_contact_late(due_at: datetime, until: datetime) -> bool:
    """Whether a contact was late: `until` it was made, the work ended, or now."""
    return until > due_at


def is_assessment_late(due_on: date | None, until: datetime) -> bool:
    """Whether an assessment was late to begin; the last day is over at midnight in Finland."""
    return due_on is not None and finnish_day(until) > due_on
