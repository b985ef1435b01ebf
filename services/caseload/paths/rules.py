"""Who takes part in a multi-service path, and when its review is overdue; pure."""

from collections.abc import Iterable
from datetime import date

MIN_ORGANISATIONS = 2


def organisations_of(team: str, taking_part: Iterable[str]) -> list[str]:
    """Every organisation of the path: the case's team always, and those that take part."""
    return sorted({team, *taking_part})


def joins_services(organisations: Iterable[str]) -> bool:
    """Whether it is a path of several services: one organisation alone needs no shared plan."""
    return len(set(organisations)) >= MIN_ORGANISATIONS


def is_overdue(next_review_on: date, today: date) -> bool:
    """Whether the review should have been held; on the day itself it still can be."""
    return next_review_on < today
