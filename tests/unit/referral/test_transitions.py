"""The one table of what moves a referral, over every status and action."""

from itertools import product

import pytest

from services.referral.following.rules import VISIBLE_STATUS, ViewClass
from services.referral.transitions import OPEN, TABLE, Action, after
from shared.contracts.codes import BusinessStatus, ReferralStatus

S = ReferralStatus
FINAL = frozenset(S) - frozenset(OPEN)

# Rows: the status before. Columns: the actions in their order. Cells: the status after, by its
# first letter(s), and `.` where the action changes nothing or is refused.
MATRIX = """
                  acc wait red reas att reach ass sup prop accomp conf close ret amend cancel error
requested         a   h    r   .    .   .     .   .   .    .      .    d     .   r     c      e
accepted          a   h    .   a    a   i     i   i   i    i      i    d     .   a     c      e
rejected          .   .    .   .    .   .     .   .   .    .      .    .     .   .     .      e
in-progress       a   h    .   i    i   i     i   i   i    i      i    d     .   i     c      e
on-hold           a   h    r   .    .   .     .   .   .    .      .    d     .   h     c      e
completed         .   .    .   .    .   .     .   .   .    .      .    .     d   .     .      e
failed            .   .    .   .    .   .     .   .   .    .      .    .     .   .     .      e
cancelled         .   .    .   .    .   .     .   .   .    .      .    .     .   .     .      e
entered-in-error  .   .    .   .    .   .     .   .   .    .      .    .     .   .     .      .
"""
LETTERS = {
    "a": S.ACCEPTED,
    "h": S.ON_HOLD,
    "r": S.REQUESTED,
    "i": S.IN_PROGRESS,
    "d": S.COMPLETED,
    "c": S.CANCELLED,
    "e": S.ENTERED_IN_ERROR,
    ".": None,
}


def expected() -> dict[tuple[S, Action], S | None]:
    _, *rows = (line.split() for line in MATRIX.strip().splitlines())
    return {
        (S(status), action): LETTERS[cell]
        for status, *cells in rows
        for action, cell in zip(Action, cells, strict=True)
    }


def test_every_action_in_every_status_leads_where_the_matrix_says() -> None:
    assert set(TABLE) == set(product(S, Action)), "the table is total"
    led = {pair: move and move[0] for pair, move in TABLE.items()}
    assert led == expected()


@pytest.mark.parametrize(("status", "action"), [*product(sorted(FINAL), Action)])
def test_what_ended_stays_so_and_can_only_turn_out_an_error(status: S, action: Action) -> None:
    moved = after(status, action)
    if action == Action.MARK_ENTERED_IN_ERROR and status != S.ENTERED_IN_ERROR:
        assert moved == (S.ENTERED_IN_ERROR, None)
    elif (status, action) == (S.COMPLETED, Action.RETURN):
        assert moved == (S.COMPLETED, BusinessStatus.RETURNED), "told, but still completed"
    else:
        assert moved is None


@pytest.mark.parametrize(
    ("steps", "status", "business_status"),
    [
        ("accept", "accepted", None),
        ("waitlist accept", "accepted", None),
        ("redirect accept", "accepted", None),
        ("waitlist", "on-hold", "waitlisted"),
        ("redirect", "requested", "redirected"),
        ("accept attempt_contact", "accepted", "contact_attempted"),
        ("accept reach", "in-progress", "contacted"),
        ("accept reach close", "completed", "ended"),
        ("accept reach assess", "in-progress", "assessment"),
        ("accept support", "in-progress", "support"),
        ("accept reach assess support propose_handover", "in-progress", "handover_proposed"),
        ("accept propose_handover accompany", "in-progress", "handover_accompanied"),
        ("accept accompany confirm_handover", "in-progress", "handover_confirmed"),
        ("accept propose_handover support", "in-progress", "support"),
        ("accept confirm_handover close return", "completed", "returned"),
        ("waitlist amend", "on-hold", None),
        ("accept reach reassign", "in-progress", None),
        ("accept reach waitlist accept", "accepted", None),
        ("accept reach cancel", "cancelled", None),
        ("accept reach close mark_entered_in_error", "entered-in-error", None),
    ],
)
def test_paths_that_referrals_take(steps: str, status: str, business_status: str | None) -> None:
    at = S.REQUESTED
    word: BusinessStatus | None = None
    for step in steps.split():
        moved = after(at, Action(step))
        assert moved is not None
        at, word = moved
    assert (at, word) == (status, business_status)


@pytest.mark.parametrize("action", [Action.AMEND, Action.CANCEL])
def test_a_refusal_tells_an_authority_without_consent_no_more_than_its_view_does(
    action: Action,
) -> None:
    """It is shown one of four words; what is refused must follow from the word."""
    answers: dict[S, set[bool]] = {}
    for status, shown in VISIBLE_STATUS[ViewClass.STATUS_ONLY].items():
        answers.setdefault(shown, set()).add(after(status, action) is None)
    assert all(len(answer) == 1 for answer in answers.values())


def test_an_error_is_refused_only_where_the_sender_said_so_itself() -> None:
    refused = {status for status in S if after(status, Action.MARK_ENTERED_IN_ERROR) is None}
    assert refused == {S.ENTERED_IN_ERROR}
