"""A handover's life in every state, who may answer it, and when things are due."""

from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.handovers.rules import (
    HOLDING,
    UNDER_WAY,
    HandoverAction,
    HandoverState,
    after,
    answer_due,
    follow_up_due,
    is_receiver,
)

H, A = HandoverState, HandoverAction
RECEIVER = UUID("01980000-0000-7000-8000-000000000901")
ANSWERS = frozenset({"handovers:answer"})

EXPECTED = {
    (H.PROPOSED, A.ACCEPT): H.ACCEPTED,
    (H.PROPOSED, A.DECLINE): H.DECLINED,
    (H.PROPOSED, A.FAIL): H.FAILED,
    (H.PROPOSED, A.EXPIRE): H.FAILED,
    (H.ACCEPTED, A.MEET): H.ACCOMPANIED,
    (H.ACCEPTED, A.FAIL): H.FAILED,
    (H.ACCOMPANIED, A.CONFIRM): H.CONFIRMED,
    (H.ACCOMPANIED, A.FAIL): H.FAILED,
}


@pytest.mark.parametrize(("state", "action"), list(product(H, A)))
def test_every_pair_of_state_and_action_has_its_answer(
    state: HandoverState, action: HandoverAction
) -> None:
    assert after(state, action) == EXPECTED.get((state, action))


@given(st.lists(st.sampled_from(A)))
def test_nothing_is_confirmed_without_a_yes_and_then_a_joint_meeting(
    actions: list[HandoverAction],
) -> None:
    state, done = H.PROPOSED, []
    for action in actions:
        moved = after(state, action)
        if moved is not None:
            state = moved
            done.append(action)
    if state == H.CONFIRMED:
        assert done == [A.ACCEPT, A.MEET, A.CONFIRM]


def test_while_under_way_or_confirmed_a_handover_holds_the_case() -> None:
    assert set(HOLDING) == set(UNDER_WAY) | {H.CONFIRMED}
    assert {state for state in H if after(state, A.FAIL)} == set(UNDER_WAY)


@pytest.mark.parametrize(
    ("scopes", "org", "receiver", "answers"),
    [
        (ANSWERS, str(RECEIVER), RECEIVER, True),
        (ANSWERS, str(RECEIVER).upper(), RECEIVER, True),
        (ANSWERS, "01980000-0000-7000-8000-000000000902", RECEIVER, False),
        (ANSWERS, None, RECEIVER, False),
        (ANSWERS, "None", None, False),
        (ANSWERS, None, None, False),
        (frozenset({"cases:write"}), str(RECEIVER), RECEIVER, False),
    ],
)
def test_the_receiving_service_answers_and_nobody_else(
    scopes: frozenset[str], org: str | None, receiver: UUID | None, answers: bool
) -> None:
    assert is_receiver(scopes, org, receiver) is answers


def test_days_are_counted_from_the_proposal_and_from_the_confirmation() -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert answer_due(at, 14) == datetime(2026, 12, 7, 9, 0, tzinfo=UTC)
    assert follow_up_due(at, 30) == datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
