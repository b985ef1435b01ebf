"""Which version of an agreement holds, and what it makes of a referral; pure.

A referral is never refused: one that the agreement does not carry goes to the county's guidance
unit (domain rule 1). Days are Finnish days, both ends of a validity included.
"""

from collections.abc import Set
from datetime import date, timedelta
from enum import StrEnum

from shared.contracts.codes import RedirectReason

_DAY = timedelta(days=1)


class Channel(StrEnum):
    """By which ways the partner and the team agreed that referrals come."""

    REST = "rest"
    FHIR = "fhir"
    BULK = "bulk"
    PHONE = "phone"
    SECURE_MAIL = "secure_mail"
    LETTER = "letter"
    VISIT = "visit"


def last_day(valid_to: date | None, next_begins: date) -> date:
    """The last day of a version once a later one begins: the day before, if it lasts so long.

    A version that had not begun by then gets an end before its beginning: it never holds.
    """
    day_before = next_begins - _DAY
    return day_before if valid_to is None else min(valid_to, day_before)


def is_in_force(valid_from: date, valid_to: date | None, day: date) -> bool:
    """Whether a version holds on a day."""
    return valid_from <= day and (valid_to is None or day <= valid_to)


def covers(target_groups: Set[str], age_group: str, reasons: Set[str]) -> bool:
    """Whether the person is of a group that was agreed on; no group named means everybody."""
    return not target_groups or not target_groups.isdisjoint({age_group, *reasons})


def redirect_reason(
    *, in_force: bool, covered: bool, quota: int | None, used: int
) -> RedirectReason | None:
    """Why a referral goes to the guidance unit; None when the agreement carries it.

    For a partner that has or had an agreement; `used` is what it sent under it in this ISO week.
    """
    if not in_force or not covered:
        return RedirectReason.OUTSIDE_AGREEMENT
    if quota is not None and used >= quota:
        return RedirectReason.OVER_QUOTA
    return None
