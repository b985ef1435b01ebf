"""Who can come back, and until when."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from services.caseload.returns.rules import allows_return, is_within_window
from shared.contracts.codes import CaseStatus, ClosingReason

CLOSED = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("status", "reason"), list(product(CaseStatus, [None, *ClosingReason])))
def test_who_left_can_come_back_while_they_live(
    status: CaseStatus, reason: ClosingReason | None
) -> None:
    gone = {ClosingReason.DECEASED, ClosingReason.REFERRAL_CANCELLED}
    assert allows_return(status, reason) is (status == CaseStatus.CLOSED and reason not in gone)


@pytest.mark.parametrize(
    ("passed", "within"),
    [
        (timedelta(0), True),
        (timedelta(days=180), True),
        (timedelta(days=180, seconds=1), False),
    ],
)
def test_the_window_is_counted_from_the_end(passed: timedelta, within: bool) -> None:
    assert is_within_window(CLOSED, CLOSED + passed, 180) is within


def test_a_team_may_have_no_window_at_all() -> None:
    assert not is_within_window(CLOSED, CLOSED + timedelta(seconds=1), 0)
