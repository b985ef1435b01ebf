"""The life of a consent, and what it must be made of."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.consents.rules import (
    BACKDATING,
    Action,
    Flaw,
    Status,
    after,
    extent_flaws,
    period_flaws,
)
from shared.contracts.codes import ConsentDirection

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEGAL = {
    (Status.GIVEN, Action.REVOKE): Status.REVOKED,
    (Status.GIVEN, Action.EXPIRE): Status.EXPIRED,
}


@pytest.mark.parametrize(("status", "action"), list(product(Status, Action)))
def test_every_pair_of_state_and_action_has_its_answer(status: Status, action: Action) -> None:
    assert after(status, action) == LEGAL.get((status, action))


@given(
    direction=st.sampled_from(ConsentDirection),
    partner=st.booleans(),
    facts=st.booleans(),
    targets=st.booleans(),
)
def test_partner_and_facts_belong_to_one_direction_alone(
    direction: ConsentDirection, partner: bool, facts: bool, targets: bool
) -> None:
    flaws = extent_flaws(direction, partner=partner, facts=facts, targets=targets)
    if direction == ConsentDirection.TO_PARTNER:
        assert (not flaws) == (partner and facts and not targets)
    else:
        assert (not flaws) == (not partner and not facts)


@pytest.mark.parametrize(
    ("given_fields", "expected"),
    [
        (set(), {Flaw.PARTNER_MISSING, Flaw.FACTS_MISSING}),
        ({"partner"}, {Flaw.FACTS_MISSING}),
        ({"facts"}, {Flaw.PARTNER_MISSING}),
        ({"partner", "facts", "targets"}, {Flaw.TARGETS_NOT_TAKEN}),
    ],
)
def test_every_flaw_of_a_consent_to_tell_a_partner_is_told(
    given_fields: set[str], expected: set[Flaw]
) -> None:
    fields = {name: name in given_fields for name in ("partner", "facts", "targets")}
    assert set(extent_flaws(ConsentDirection.TO_PARTNER, **fields)) == expected


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "expected"),
    [
        (NOW, None, []),
        (NOW - BACKDATING, None, []),
        (NOW - BACKDATING - SECOND, None, [Flaw.BACKDATED]),
        (NOW, NOW + SECOND, []),
        (NOW, NOW, [Flaw.PERIOD_EMPTY]),
        (NOW, NOW - SECOND, [Flaw.PERIOD_EMPTY]),
        (NOW + timedelta(days=365), None, []),
        (
            NOW - BACKDATING - SECOND,
            NOW - BACKDATING - 2 * SECOND,
            [Flaw.BACKDATED, Flaw.PERIOD_EMPTY],
        ),
    ],
)
def test_a_period_is_neither_empty_nor_far_back(
    valid_from: datetime, valid_to: datetime | None, expected: list[Flaw]
) -> None:
    assert period_flaws(valid_from, valid_to, NOW) == expected
