"""A visit's life in every state, when it can be, and how many a psychiatric nurse is for."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from services.caseload.visits.rules import (
    VisitAction,
    VisitState,
    after,
    held_at,
    over_nurse_limit,
    too_far_ahead,
    with_nurse,
)
from shared.contracts.codes import Profession

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EXPECTED = {
    (VisitState.BOOKED, VisitAction.KEEP): VisitState.KEPT,
    (VisitState.BOOKED, VisitAction.CANCEL): VisitState.CANCELLED,
}


@pytest.mark.parametrize(("state", "action"), list(product(VisitState, VisitAction)))
def test_every_pair_of_state_and_action_has_its_answer(
    state: VisitState, action: VisitAction
) -> None:
    assert after(state, action) == EXPECTED.get((state, action))


@pytest.mark.parametrize(
    ("days", "expected"), [(-30, None), (0, None), (366, None), (367, "too_far_ahead")]
)
def test_a_visit_is_booked_for_a_year_ahead_at_most(days: int, expected: str | None) -> None:
    assert too_far_ahead(NOW + timedelta(days=days), NOW) == expected


def test_a_visit_was_held_as_told_or_as_booked_or_now_when_it_was_brought_forward() -> None:
    yesterday, tomorrow = NOW - timedelta(days=1), NOW + timedelta(days=1)
    assert held_at(yesterday, None, NOW) == yesterday
    assert held_at(tomorrow, None, NOW) == NOW
    assert held_at(tomorrow, yesterday, NOW) == yesterday


@pytest.mark.parametrize(("meetings", "over"), [(0, False), (3, False), (4, True)])
def test_a_nurse_is_for_one_to_three_meetings(meetings: int, over: bool) -> None:
    assert over_nurse_limit(meetings, limit=3) is over


@pytest.mark.parametrize("profession", Profession)
def test_only_the_psychiatric_nurses_meetings_count(profession: Profession) -> None:
    counted = with_nurse([Profession.SOCIAL_WORKER, profession])
    assert counted is (profession == Profession.PSYCHIATRIC_NURSE)
