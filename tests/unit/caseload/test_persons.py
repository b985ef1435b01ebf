"""Whose what is when two who were taken for one are two again."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.persons.rules import (
    Answered,
    Answering,
    Parting,
    goes_along,
    leaving,
)

GOER, STAYER, STRANGER = uuid4(), uuid4(), uuid4()
R1, R2 = uuid4(), uuid4()
PARTING = Parting(GOER, frozenset({GOER}), frozenset({STAYER}))


def answering(
    *answered: Answered,
    is_theirs: bool = False,
    is_open: bool = True,
    began_of_itself: bool = False,
) -> Answering:
    """An open case of the one who stays, begun by a referral."""
    return Answering(is_theirs, is_open, began_of_itself, answered)


THEIRS, OURS = Answered(R1, is_theirs=True, asks=True), Answered(R2, is_theirs=False, asks=True)


def test_a_referral_is_the_ones_under_whose_ref_it_came() -> None:
    for otherwise in (True, False):
        assert PARTING.is_theirs(GOER, otherwise=otherwise)
        assert not PARTING.is_theirs(STAYER, otherwise=otherwise)


@pytest.mark.parametrize("told_under", [STRANGER, None])
def test_what_came_under_no_ref_of_the_two_stays_where_it_is(told_under: UUID | None) -> None:
    assert PARTING.is_theirs(told_under, otherwise=True)
    assert not PARTING.is_theirs(told_under, otherwise=False)


def test_a_case_that_only_the_goers_referrals_began_goes_along() -> None:
    assert goes_along(answering(THEIRS))
    assert goes_along(answering(THEIRS, is_open=False)), "a past one too"
    assert not goes_along(answering(THEIRS, OURS))
    assert not goes_along(answering(THEIRS, began_of_itself=True)), "of history, or a return"
    assert not goes_along(answering()), "nothing tells whose it is"
    assert not goes_along(answering(THEIRS, is_theirs=True)), "it is theirs already"


def test_the_other_ones_referrals_leave_what_is_open() -> None:
    assert leaving(answering(THEIRS, OURS)) == [R1]
    assert leaving(answering(THEIRS, OURS, is_theirs=True)) == [R2]
    assert leaving(answering(THEIRS, OURS, is_open=False)) == []
    assert leaving(answering(replace(THEIRS, asks=False), OURS)) == [], "was taken back"


@given(
    sides=st.lists(st.booleans(), max_size=5),
    is_theirs=st.booleans(),
    is_open=st.booleans(),
    of_itself=st.booleans(),
)
def test_afterwards_what_is_open_answers_nobodys_referrals_but_its_own_clients(
    sides: list[bool], is_theirs: bool, is_open: bool, of_itself: bool
) -> None:
    answered = [Answered(uuid4(), side, asks=True) for side in sides]
    what = Answering(is_theirs, is_open, of_itself, answered)
    whose = True if goes_along(what) else is_theirs
    gone = [] if goes_along(what) else leaving(what)
    stay = [referral for referral in answered if referral.referral_id not in gone]
    if is_open:
        assert {referral.is_theirs for referral in stay} <= {whose}
