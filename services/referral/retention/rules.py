"""How long a matter is kept, and when that time is past; pure.

Times are those of Act 703/2023 on the processing of client data in social welfare and health care,
by service function (palvelutehtävä), counted from the closing of the matter; domain rule 14. The
codes of service functions are no part of this table: a county gives them in the retention file.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.contracts.codes import AgeGroup, PartnerKind, Reason, ReferralStatus

_ACT = "Act 703/2023, retention of social welfare client documents"


class Matter(StrEnum):
    """What service a referral asked for, as far as its retention goes."""

    WORKING_AGE_SERVICES = "working_age_services"
    SERVICES_FOR_OLDER_PEOPLE = "services_for_older_people"
    SUBSTANCE_SERVICES = "substance_services"
    SERVICES_FOR_FAMILIES_WITH_CHILDREN = "services_for_families_with_children"


@dataclass(frozen=True)
class Rule:
    """For how many years after its closing a matter is kept, and who says so. Without years it is
    kept until somebody decides."""

    years: int | None
    source: str
    service_function: str | None = None


RULES: dict[Matter, Rule] = {
    Matter.WORKING_AGE_SERVICES: Rule(10, f"{_ACT}: työikäisten palvelutehtävä"),
    Matter.SERVICES_FOR_OLDER_PEOPLE: Rule(10, f"{_ACT}: iäkkäiden palvelutehtävä"),
    Matter.SUBSTANCE_SERVICES: Rule(10, f"{_ACT}: päihdehuollon palvelutehtävä"),
    Matter.SERVICES_FOR_FAMILIES_WITH_CHILDREN: Rule(30, f"{_ACT}: lapsiperheiden palvelutehtävä"),
}

CLOSED = frozenset(
    {
        ReferralStatus.COMPLETED,
        ReferralStatus.CANCELLED,
        ReferralStatus.ENTERED_IN_ERROR,
        ReferralStatus.REJECTED,
        ReferralStatus.FAILED,
    }
)
"""Statuses in which a matter is closed; any other is open, and kept however old it is."""


def matter_of(source_kind: PartnerKind, reasons: Collection[Reason], age_group: AgeGroup) -> Matter:
    """The matter of a referral. Where several would fit, the one that is kept longest."""
    if age_group == AgeGroup.UNDER_18:
        return Matter.SERVICES_FOR_FAMILIES_WITH_CHILDREN
    if source_kind == PartnerKind.SUBSTANCE_SERVICE or Reason.SUBSTANCE_USE in reasons:
        return Matter.SUBSTANCE_SERVICES
    if age_group == AgeGroup.OVER_75:
        return Matter.SERVICES_FOR_OLDER_PEOPLE
    return Matter.WORKING_AGE_SERVICES


def kept_until(closed_on: date, years: int) -> date:
    """The last day of a time counted in years: the day of the same number, or the last of its month
    where there is none (Act 150/1930, section 3)."""
    try:
        return closed_on.replace(year=closed_on.year + years)
    except ValueError:
        return date(closed_on.year + years, 2, 28)


def is_past(closed_on: date, rule: Rule, as_of: date) -> bool:
    """Whether on this day the matter's time is over."""
    return rule.years is not None and kept_until(closed_on, rule.years) < as_of
