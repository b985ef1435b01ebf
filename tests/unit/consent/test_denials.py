"""The life of a denial, what it must be made of, and which periods of consents meet."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.consents import rules as consents
from services.consent.denials.rules import Action, Flaw, Status, after, extent_flaws
from shared.contracts.codes import ConsentDirection

D = ConsentDirection
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEGAL = {(Status.IN_FORCE, Action.LIFT): Status.LIFTED}
HOURS = st.integers(0, 6).map(lambda hours: NOW + timedelta(hours=hours))
PERIODS = st.tuples(HOURS, st.none() | HOURS).filter(
    lambda period: period[1] is None or period[0] < period[1]
)


@pytest.mark.parametrize(("status", "action"), list(product(Status, Action)))
def test_every_pair_of_state_and_action_has_its_answer(status: Status, action: Action) -> None:
    assert after(status, action) == LEGAL.get((status, action))


@pytest.mark.parametrize("direction", [None, *D])
def test_a_partner_belongs_to_one_direction_and_stands_alone(direction: D | None) -> None:
    flaws = {
        (partner, organisations): set(
            extent_flaws(direction, partner=partner, organisations=organisations)
        )
        for partner, organisations in product((False, True), repeat=2)
    }
    misplaced = set() if direction == D.TO_PARTNER else {Flaw.PARTNER_NOT_TAKEN}
    assert flaws == {
        (False, False): set(),
        (False, True): set(),
        (True, False): misplaced,
        (True, True): misplaced | {Flaw.ORGANISATIONS_NOT_TAKEN},
    }


@given(one=PERIODS, other=PERIODS)
def test_two_periods_meet_when_some_moment_is_in_both(
    one: tuple[datetime, datetime | None], other: tuple[datetime, datetime | None]
) -> None:
    def holds(period: tuple[datetime, datetime | None], moment: datetime) -> bool:
        return period[0] <= moment and (period[1] is None or moment < period[1])

    moments = [NOW + timedelta(minutes=minutes) for minutes in range(0, 8 * 60, 30)]
    common = any(holds(one, moment) and holds(other, moment) for moment in moments)
    assert consents.meet(one, other) == consents.meet(other, one) == common


@pytest.mark.parametrize("status", consents.Status)
def test_a_given_consent_whose_period_is_over_has_expired_whoever_has_told_it(
    status: consents.Status,
) -> None:
    over = consents.standing(status, NOW, NOW)
    given = consents.Status.GIVEN
    assert over == (consents.Status.EXPIRED if status == given else status)
    for later in (None, NOW + timedelta(microseconds=1)):
        assert consents.standing(status, later, NOW) == status
