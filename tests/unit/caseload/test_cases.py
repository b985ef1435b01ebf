"""The life of a case: every action in every status, and when a contact can have been."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest

from services.caseload.cases.rules import Action, after, contact_time_error
from shared.contracts.codes import CaseStatus

S, A = CaseStatus, Action
OPENED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(hours=5)

EXPECTED = {
    (S.ASSIGNED, A.ATTEMPT_CONTACT): S.CONTACTING,
    (S.CONTACTING, A.ATTEMPT_CONTACT): S.CONTACTING,
    (S.CONTACTED, A.ATTEMPT_CONTACT): S.CONTACTED,
    (S.ASSESSMENT, A.ATTEMPT_CONTACT): S.ASSESSMENT,
    (S.SUPPORT, A.ATTEMPT_CONTACT): S.SUPPORT,
    (S.TAPERING, A.ATTEMPT_CONTACT): S.TAPERING,
    (S.HANDOVER, A.ATTEMPT_CONTACT): S.HANDOVER,
    (S.ASSIGNED, A.REACH): S.CONTACTED,
    (S.CONTACTING, A.REACH): S.CONTACTED,
    (S.CONTACTED, A.REACH): S.CONTACTED,
    (S.ASSESSMENT, A.REACH): S.ASSESSMENT,
    (S.SUPPORT, A.REACH): S.SUPPORT,
    (S.TAPERING, A.REACH): S.TAPERING,
    (S.HANDOVER, A.REACH): S.HANDOVER,
    (S.ASSIGNED, A.CLOSE): S.CLOSED,
    (S.CONTACTING, A.CLOSE): S.CLOSED,
    (S.CONTACTED, A.CLOSE): S.CLOSED,
    (S.ASSESSMENT, A.CLOSE): S.CLOSED,
    (S.SUPPORT, A.CLOSE): S.CLOSED,
    (S.TAPERING, A.CLOSE): S.CLOSED,
    (S.HANDOVER, A.CLOSE): S.CLOSED,
}


@pytest.mark.parametrize(("status", "action"), list(product(S, A)))
def test_every_pair_of_status_and_action_has_its_answer(status: CaseStatus, action: Action) -> None:
    assert after(status, action) == EXPECTED.get((status, action))


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
