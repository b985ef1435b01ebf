"""Capacity as flow: LiiTu's figures, Little's law, and what changes would change."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.capacity.rules import (
    ENOUGH_CLOSINGS,
    ENOUGH_VISITS,
    Assumption,
    Change,
    Figures,
    change_of,
    outlook,
)
from services.caseload.capacity.wording import WORDS
from shared.contracts.codes import PartnerKind

FULL = Figures(
    full_time=10,
    meetings_per_worker_week=18,
    caseload=180,
    open_cases=180,
    room=0,
    guideline_caseload=18,
    new_weight=1,
    service_days_target=90,
    waiting=0,
    weeks=12,
    arrivals={PartnerKind.LANDLORD: 60, PartnerKind.PRISON: 84, None: 6},
    closings=144,
    kept=1836,
    cancelled=324,
)
"""Ten workers with eighteen clients each, who met 2160 times by appointment in twelve weeks."""


def test_eighteen_clients_and_a_seventh_of_meetings_cancelled_keep_15_3_a_worker() -> None:
    found = outlook(FULL)
    assert found.cancelled_share == pytest.approx(0.15)
    assert found.possible_per_week == 180
    assert found.kept_per_worker_week == pytest.approx(15.3)
    assert found.kept_per_week == pytest.approx(153) == found.held_per_week
    assert found.days_between_meetings == pytest.approx(7 * 18 / 15.3)
    assert found.assumptions == ()


def test_without_a_past_the_usual_share_is_assumed_and_named() -> None:
    found = outlook(replace(FULL, kept=0, cancelled=0))
    assert found.kept_per_worker_week == pytest.approx(15.3)
    assert found.held_per_week is None
    assert found.assumptions == (Assumption.USUAL_CANCELLATIONS,)


def test_a_team_s_own_share_counts_once_it_has_a_past() -> None:
    found = outlook(replace(FULL, kept=ENOUGH_VISITS // 2, cancelled=ENOUGH_VISITS // 2))
    assert found.kept_per_worker_week == 9
    assert found.assumptions == ()


def test_more_clients_are_met_more_rarely_and_no_more_of_them_end() -> None:
    crowded = outlook(replace(FULL, caseload=270, open_cases=270))
    assert crowded.kept_per_week == outlook(FULL).kept_per_week
    assert crowded.days_between_meetings == pytest.approx(7 * 27 / 15.3)
    assert crowded.closings_per_week == outlook(FULL).closings_per_week == 12
    assert crowded.days_in_service == pytest.approx(7 * 270 / 12)


@pytest.mark.parametrize(
    ("waiting", "room", "days"),
    [(0, 1, 0), (3, 4, 0), (0, 0, 7 / 12), (11, 0, 7), (23, 0, 14), (12, 1, 7)],
)
def test_the_next_one_waits_as_long_as_those_ahead_take_to_be_let_in(
    waiting: int, room: int, days: float
) -> None:
    assert outlook(replace(FULL, waiting=waiting, room=room)).wait_days == pytest.approx(days)


def test_a_line_that_grows_makes_the_later_ones_wait_longer() -> None:
    found = outlook(FULL)
    assert found.arrivals_per_week == 12.5
    assert found.growth_per_week == 0.5
    assert found.wait_days_later == pytest.approx(7 * (0.5 * 4 + 1) / 12)


def test_where_too_few_ended_the_team_s_target_is_assumed_and_named() -> None:
    found = outlook(replace(FULL, closings=ENOUGH_CLOSINGS - 1))
    assert found.closings_per_week == pytest.approx(7 * 180 / 90)
    assert found.days_in_service == pytest.approx(90)
    assert found.assumptions == (Assumption.CLOSINGS_BY_TARGET,)


def test_nothing_can_be_said_of_a_team_without_anybody() -> None:
    found = outlook(replace(FULL, full_time=0, caseload=0, open_cases=0, closings=0))
    assert (found.wait_days, found.days_between_meetings) == (None, None)
    assert found.kept_per_worker_week == 0


# What if.


def test_one_more_worker_brings_room_meetings_and_endings() -> None:
    line = replace(FULL, waiting=40)
    before, after = outlook(line), outlook(line, Change(workers=1))
    assert (after.room, after.full_time) == (18, 11)
    assert after.kept_per_week == pytest.approx(11 * 15.3)
    assert after.closings_per_week == pytest.approx(12 * 11 / 10)
    assert before.wait_days == pytest.approx(7 * 41 / 12)
    assert after.wait_days == pytest.approx(7 * 23 / 13.2)
    assert set(after.assumptions) == {
        Assumption.AS_MANY_MEETINGS_A_CLIENT,
        Assumption.NEW_WORKER_FULL_TIME,
    }


def test_a_pause_of_one_source_turns_the_line_around() -> None:
    before, after = outlook(FULL), outlook(FULL, Change(paused=PartnerKind.LANDLORD))
    assert after.arrivals_per_week == 7.5
    assert (before.growth_per_week, after.growth_per_week) == (0.5, -4.5)
    assert after.wait_days == before.wait_days
    assert after.wait_days_later == 0


def test_more_meetings_a_worker_end_more_cases() -> None:
    after = outlook(FULL, Change(meetings=2))
    assert after.kept_per_worker_week == pytest.approx(17)
    assert after.closings_per_week == pytest.approx(12 * 20 / 18)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("worker:+1", Change(workers=1)),
        ("worker: 1", Change(workers=1)),
        ("worker:2", Change(workers=2)),
        ("worker:-1", Change(workers=-1)),
        ("meetings:+2", Change(meetings=2)),
        ("pause:landlord", Change(paused=PartnerKind.LANDLORD)),
        ("pause:neighbour", None),
        ("worker:many", None),
        ("worker", None),
        ("", None),
    ],
)
def test_what_a_caller_may_ask_about(wish: str, expected: Change | None) -> None:
    assert change_of(wish) == expected


def test_every_assumption_has_its_words_in_every_language() -> None:
    assert set(WORDS) == set(Assumption)
    assert all(len(set(words)) == 3 for words in WORDS.values())


# Whatever the figures.

counts = st.integers(0, 500)
figures = st.builds(
    Figures,
    full_time=st.integers(0, 100).map(lambda fifths: fifths / 5),
    meetings_per_worker_week=st.integers(1, 40),
    caseload=counts,
    open_cases=counts,
    room=counts,
    guideline_caseload=st.integers(1, 40),
    new_weight=st.sampled_from([0.5, 1, 1.5]),
    service_days_target=st.integers(1, 400),
    waiting=counts,
    weeks=st.floats(1, 12),
    arrivals=st.dictionaries(st.none() | st.sampled_from(PartnerKind), counts, max_size=4),
    closings=counts,
    kept=counts,
    cancelled=counts,
)


def as_number(days: float | None) -> float:
    """Waiting time to compare; where nothing ends it is without end."""
    return float("inf") if days is None else days


@given(own=figures, more=st.integers(0, 9))
def test_more_workers_never_make_anybody_wait_longer(own: Figures, more: int) -> None:
    before, after = outlook(own), outlook(own, Change(workers=more))
    assert after.kept_per_week >= before.kept_per_week
    assert after.closings_per_week >= before.closings_per_week * (1 - 1e-9)
    assert as_number(after.wait_days) <= as_number(before.wait_days) * (1 + 1e-9)


@given(own=figures, fewer=st.integers(0, 9))
def test_fewer_workers_never_make_anybody_wait_shorter(own: Figures, fewer: int) -> None:
    before, after = outlook(own), outlook(own, Change(workers=-fewer))
    assert after.full_time >= 0
    assert after.kept_per_week <= before.kept_per_week
    assert as_number(after.wait_days) >= as_number(before.wait_days) * (1 - 1e-9)


@given(own=figures, kind=st.sampled_from(PartnerKind))
def test_a_pause_never_lengthens_the_line(own: Figures, kind: PartnerKind) -> None:
    before, after = outlook(own), outlook(own, Change(paused=kind))
    assert after.growth_per_week <= before.growth_per_week
    assert as_number(after.wait_days_later) <= as_number(before.wait_days_later)
    assert after.kept_per_week == before.kept_per_week


@given(own=figures)
def test_little_s_law_holds_of_those_in_service_and_of_those_in_line(own: Figures) -> None:
    found = outlook(own)
    if found.days_in_service is not None:
        in_service = found.closings_per_week * found.days_in_service / 7
        assert in_service == pytest.approx(own.open_cases)
    if found.wait_days:
        in_line = found.closings_per_week * found.wait_days / 7
        assert in_line == pytest.approx(own.waiting - own.room + 1)


@given(own=figures)
def test_what_is_kept_is_what_is_possible_less_what_is_cancelled(own: Figures) -> None:
    found = outlook(own)
    assert 0 <= found.cancelled_share <= 1
    assert found.kept_per_week <= found.possible_per_week
    if found.days_between_meetings is not None:
        met = found.days_between_meetings * found.kept_per_week / 7
        assert met == pytest.approx(own.caseload)
