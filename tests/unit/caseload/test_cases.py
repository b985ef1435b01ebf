"""The life of a case: every action in every status, and when a contact can have been."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest

from services.caseload.cases.rules import Action, after, closing, contact_time_error
from shared.contracts.codes import CaseStatus, ClosingReason

S, A = CaseStatus, Action
OPENED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(hours=5)

# A row an action, a column a status in the order of a case's life; "-" is refused.
TABLE = """
                     assigned  contacting contacted  assessment support    tapering  handover closed
attempt_contact      contacting contacting contacted assessment support    tapering  handover -
reach                contacted contacted  contacted  assessment support    tapering  handover -
reassign             assigned  contacting contacted  assessment support    tapering  handover -
record_ground        assigned  contacting contacted  assessment support    tapering  handover -
change_housing       assigned  contacting contacted  assessment support    tapering  handover -
set_segment          assigned  contacting contacted  assessment support    tapering  handover -
book_visit           assigned  contacting contacted  assessment support    tapering  handover -
keep_visit           contacted contacted  contacted  assessment support    tapering  handover -
cancel_visit         assigned  contacting contacted  assessment support    tapering  handover -
start_assessment     -         -          assessment -          assessment -         -        -
complete_assessment  -         -          -          support    -          -         -        -
set_goal             -         -          contacted  assessment support    tapering  handover -
end_goal             -         -          contacted  assessment support    tapering  handover -
record_motivation    -         -          contacted  assessment support    tapering  handover -
agree_cadence        -         -          support    assessment support    support   handover -
taper                -         -          -          -          tapering   tapering  -        -
propose_handover     -         -          handover   handover   handover   handover  handover -
advance_handover     -         -          -          -          -          -         handover -
bounce_back          -         -          -          -          -          -         support  -
close                closed    closed     closed     closed     closed     closed    closed   -
close_handed_over    -         -          -          -          -          -         closed   -
"""


def expected() -> dict[tuple[CaseStatus, Action], CaseStatus]:
    header, *rows = [line.split() for line in TABLE.strip().splitlines()]
    return {
        (S(status), A(action)): S(target)
        for action, *targets in rows
        for status, target in zip(header, targets, strict=True)
        if target != "-"
    }


EXPECTED = expected()


def test_the_table_of_this_test_knows_every_status_and_action() -> None:
    header, *rows = [line.split() for line in TABLE.strip().splitlines()]
    assert header == list(S)
    assert {row[0] for row in rows} == set(A)


@pytest.mark.parametrize(("status", "action"), list(product(S, A)))
def test_every_pair_of_status_and_action_has_its_answer(status: CaseStatus, action: Action) -> None:
    assert after(status, action) == EXPECTED.get((status, action))


@pytest.mark.parametrize("reason", ClosingReason)
def test_only_a_case_in_handover_ends_as_handed_over(reason: ClosingReason) -> None:
    ends = {status for status in S if after(status, closing(reason)) == S.CLOSED}
    handed_over = reason == ClosingReason.HANDED_OVER
    assert ends == ({S.HANDOVER} if handed_over else set(S) - {S.CLOSED})


@pytest.mark.parametrize("action", A)
def test_what_is_closed_stays_closed(action: Action) -> None:
    assert after(S.CLOSED, action) is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW, None),
        (NOW + timedelta(seconds=30), None),  # clocks differ a little
        (NOW + timedelta(minutes=2), "in_the_future"),
        (OPENED - timedelta(hours=2), None),  # called before the case was in the books
        (OPENED - timedelta(days=2), "before_the_case"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))), "in_the_future"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=12))), "before_the_case"),
    ],
)
def test_a_contact_is_neither_to_come_nor_long_before_the_case(
    at: datetime, expected: str | None
) -> None:
    assert contact_time_error(at, OPENED, NOW) == expected
