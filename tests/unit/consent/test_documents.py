"""Where a document stands between the two records: every state with every action."""

from datetime import UTC, datetime, timedelta

import pytest

from services.consent.documents.rules import (
    OTHER,
    TRANSITIONS,
    Action,
    Copy,
    Outcome,
    State,
    after,
    confirmation,
    is_ahead,
    missing,
    outcome_of,
)
from shared.contracts.codes import Sector

SOCIAL, HEALTH = Sector.SOCIAL, Sector.HEALTH
EXPECTED = """
                announce  confirm_one  confirm_both    confirm_only  contradict  withdraw
pending         pending   half_stored  stored_in_both  stored        conflict    withdrawn
half_stored     pending   half_stored  stored_in_both  stored        conflict    withdrawn
stored          pending   stored       stored          stored        conflict    withdrawn
stored_in_both  pending   .            .               .             conflict    withdrawn
conflict        pending   conflict     conflict        conflict      conflict    withdrawn
withdrawn       pending   withdrawn    withdrawn       withdrawn     withdrawn   withdrawn
"""


def test_every_state_has_an_answer_to_every_action() -> None:
    head, *rows = (line.split() for line in EXPECTED.split("\n") if line)
    assert [row[0] for row in rows] == list(State) == list(TRANSITIONS)
    assert head == list(Action)
    for state, *answers in rows:
        for action, answer in zip(head, answers, strict=True):
            expected = state if answer == "." else answer
            assert after(State(state), Action(action)) == expected, (state, action)


def copy(record: Sector = SOCIAL, announced: int = 1, **changes: object) -> Copy:
    return Copy(record, announced, **changes)  # type: ignore[arg-type]


def stored(record: Sector, number: int = 1, announced: int = 1) -> Copy:
    return copy(record, announced, stored=number, record_id="A-1")


@pytest.mark.parametrize(
    ("of", "number", "record_id", "outcome"),
    [
        (copy(), 1, "A-1", Outcome.STORED),
        (stored(SOCIAL), 1, "A-1", Outcome.STORED),
        (stored(SOCIAL), 1, "A-2", Outcome.CONFLICT),
        (copy(announced=2), 1, "A-1", Outcome.SUPERSEDED),
        (stored(SOCIAL, 2, 2), 1, "A-2", Outcome.SUPERSEDED),
        # A record system may keep each text under an id of its own.
        (stored(SOCIAL, 1, 2), 2, "A-2", Outcome.STORED),
    ],
)
def test_what_a_receipt_means(of: Copy, number: int, record_id: str, outcome: Outcome) -> None:
    assert outcome_of(of, number, record_id) == outcome


@pytest.mark.parametrize(
    ("copies", "action", "due"),
    [
        ([stored(SOCIAL), copy(HEALTH)], Action.CONFIRM_ONE, (HEALTH,)),
        ([stored(SOCIAL), stored(HEALTH, 1, 2)], Action.CONFIRM_ONE, (HEALTH,)),
        ([copy(SOCIAL), copy(HEALTH)], Action.CONFIRM_ONE, (HEALTH, SOCIAL)),
        ([stored(SOCIAL), stored(HEALTH)], Action.CONFIRM_BOTH, ()),
        ([stored(SOCIAL)], Action.CONFIRM_ONLY, ()),
        ([stored(SOCIAL), copy(HEALTH, withdrawn=True)], Action.CONFIRM_ONLY, ()),
    ],
)
def test_done_is_when_all_that_may_have_it_have_confirmed(
    copies: list[Copy], action: Action, due: tuple[Sector, ...]
) -> None:
    assert confirmation(copies) == action
    assert missing(copies) == due


def test_the_other_of_the_other_is_oneself() -> None:
    assert all(OTHER[OTHER[record]] == record != OTHER[record] for record in Sector)


def test_a_clock_may_run_a_little_ahead() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert not is_ahead(now + timedelta(minutes=4), now)
    assert is_ahead(now + timedelta(minutes=6), now)
