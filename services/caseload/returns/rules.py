"""Until when a client may simply come back, and from which end; pure."""

from datetime import datetime, timedelta

from shared.contracts.codes import CaseStatus, ClosingReason


def allows_return(status: CaseStatus, reason: ClosingReason | None) -> bool:
    """Whether somebody can come back from this case: it has ended, and the client lives."""
    return status == CaseStatus.CLOSED and reason != ClosingReason.DECEASED


def is_within_window(closed_at: datetime, now: datetime, days: int) -> bool:
    """Whether the case ended so recently that no new referral is needed."""
    return now <= closed_at + timedelta(days=days)
