"""How much of a report a caller is shown."""

from enum import StrEnum

from fastapi import Request

from services.analytics.settings import Settings
from shared.auth import Caller

SEES_SMALL_NUMBERS = "reports:internal"


class Sight(StrEnum):
    """From all to least."""

    ALL = "all"
    NO_SMALL_NUMBERS = "no_small_numbers"
    """Any days and filters, each answer without small numbers and what would give them away."""
    PUBLISHED = "published"
    """Answers of the grid alone (`publication`), which cannot be subtracted from each other."""


def sight_of(request: Request, caller: Caller) -> Sight:
    """By the caller's scopes, and by what the county has set for everybody else."""
    if SEES_SMALL_NUMBERS in caller.scopes:
        return Sight.ALL
    settings: Settings = request.app.state.settings
    return Sight.PUBLISHED if settings.reports_published_only else Sight.NO_SMALL_NUMBERS
