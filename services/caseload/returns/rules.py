"""Until when a client may simply come back, and from which end; pure."""

from datetime import datetime, timedelta

from shared.contracts.codes import CaseStatus, ClosingReason

NOBODY_LEFT = frozenset({ClosingReason.DECEASED, ClosingReason.REFERRAL_CANCELLED})
"""Ends after which nobody comes back: the client died, or never came."""


def allows_return(status: CaseStatus, reason: ClosingReason | None) -> bool:
    """Whether somebody can come back to this case: it has ended, and with a client of ours."""
    return status == CaseStatus.CLOSED and reason not in NOBODY_LEFT


def is_within_window(closed_at: datetime, now: datetime, days: int) -> bool:
    """Whether the case ended so recently that no new referral is needed."""
    return now <= closed_at + timedelta(days=days)
