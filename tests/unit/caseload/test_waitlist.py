"""The order of the line: the rules as examples, and that it is an order whoever waits."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.assignment.why import Why
from services.caseload.tables import WaitlistPlace
from services.caseload.waitlist import cursor
from services.caseload.waitlist.places import kept, standing
from services.caseload.waitlist.rules import (
    AGES_AFTER,
    SOON,
    Place,
    explain,
    most_urgent,
    moved_before,
    priority,
)
from shared.contracts.codes import Urgency
from tests.unit.caseload.people import number

NOW = datetime(2026, 3, 16, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
IMMEDIATE, URGENT, ROUTINE = Urgency.IMMEDIATE, Urgency.URGENT, Urgency.ROUTINE


def place(
    n: int,
    urgency: Urgency = ROUTINE,
    *,
    days: float = 1,
    leaves_in: int | None = None,
) -> Place:
    """A place of somebody who came so many days ago."""
    leaves_on = None if leaves_in is None else TODAY + timedelta(days=leaves_in)
    return Place(number(n), urgency, NOW - timedelta(days=days), leaves_on)


def line(*places: Place, now: datetime = NOW) -> list[int]:
    """The places in order."""
    return [each.id.int for each in sorted(places, key=lambda each: priority(each, now))]


def test_who_needs_help_sooner_is_first_whoever_waits_longer() -> None:
    assert line(place(1, ROUTINE, days=9), place(2, URGENT), place(3, IMMEDIATE, days=0)) == [
        3,
        2,
        1,
    ]


def test_among_equals_who_has_waited_longest_is_first() -> None:
    assert line(place(1, days=2), place(2, days=3), place(3, days=0.1)) == [2, 1, 3]


def test_a_routine_client_who_has_waited_long_counts_as_urgent() -> None:
    long, urgent = place(1, ROUTINE, days=14), place(2, URGENT, days=13)
    assert line(urgent, long) == [1, 2]
    assert line(urgent, place(1, ROUTINE, days=13.9)) == [2, 1]
    assert line(place(3, IMMEDIATE, days=0), place(1, ROUTINE, days=400)) == [3, 1]


def test_of_those_of_one_day_a_near_release_comes_first() -> None:
    assert line(place(1, days=0.2), place(2, days=0.1, leaves_in=9)) == [2, 1]
    assert line(place(1, days=0.2, leaves_in=9), place(2, days=0.1, leaves_in=2)) == [2, 1]
    assert line(place(1, days=0.2), place(2, days=0.1, leaves_in=-1)) == [2, 1]


def test_a_release_that_is_far_away_changes_nothing_yet() -> None:
    assert line(place(1, days=0.2), place(2, days=0.1, leaves_in=SOON.days + 1)) == [1, 2]
    assert line(place(1, days=0.2), place(2, days=0.1, leaves_in=SOON.days)) == [2, 1]


def test_a_release_does_not_outweigh_a_day_of_waiting_or_an_urgency() -> None:
    assert line(place(1, days=2), place(2, days=0, leaves_in=1)) == [1, 2]
    assert line(place(1, URGENT, days=0), place(2, days=0, leaves_in=1)) == [1, 2]


@pytest.mark.parametrize(
    ("own", "moved", "held", "expected"),
    [
        (place(1, IMMEDIATE), False, False, (Why.IMMEDIATE, Why.LONGEST_FIRST)),
        (place(1, days=20), False, False, (Why.ROUTINE, Why.AGED, Why.LONGEST_FIRST)),
        (place(1, leaves_in=3), False, False, (Why.ROUTINE, Why.LEAVES_SOON, Why.LONGEST_FIRST)),
        (place(1, URGENT), True, False, (Why.MOVED, Why.URGENT, Why.LONGEST_FIRST)),
        (place(1, URGENT), False, True, (Why.WAITS_FOR_INTAKE, Why.URGENT, Why.LONGEST_FIRST)),
    ],
)
def test_a_position_is_explained(
    own: Place, moved: bool, held: bool, expected: tuple[Why, ...]
) -> None:
    assert explain(own, moved, held, NOW) == expected


def test_the_most_urgent_of_several_counts() -> None:
    assert most_urgent(ROUTINE, IMMEDIATE, URGENT) == IMMEDIATE


# A lead's own order.


def test_a_moved_place_stands_right_before_the_other_and_ages_with_it() -> None:
    first, second, third = place(1, URGENT, days=3), place(2, days=2), place(3, days=1)
    moved = moved_before(third, second, [first], NOW)
    assert line(first, second, moved) == [1, 3, 2]
    later = NOW + AGES_AFTER
    assert line(first, second, moved, now=later) == [1, 3, 2]
    newcomer = place(4, URGENT, days=-1)
    assert line(first, second, moved, newcomer, now=NOW + timedelta(days=2)) == [1, 4, 3, 2]


def test_the_order_of_moves_before_one_place_is_kept() -> None:
    target, one, two, three = place(1), place(2, days=0.9), place(3, days=0.8), place(4, days=0.7)
    one = moved_before(one, target, [two, three], NOW)
    two = moved_before(two, target, [one, three], NOW)
    three = moved_before(three, one, [target, two], NOW)
    assert line(target, one, two, three) == [4, 2, 3, 1]


def test_what_was_moved_stays_where_it_was_when_the_other_leaves() -> None:
    moved = moved_before(place(3, days=0), place(1, days=5), [place(2, days=3)], NOW)
    assert line(place(2, days=3), moved) == [3, 2]


# Whoever waits.

places = st.builds(
    Place,
    id=st.integers(1, 40).map(number),
    urgency=st.sampled_from(Urgency),
    received_at=st.integers(0, 60 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
    leaves_institution_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
lines = st.lists(places, min_size=2, max_size=12, unique_by=lambda each: each.id)


@given(waiting=lines)
def test_no_two_places_stand_at_one(waiting: list[Place]) -> None:
    assert len({priority(each, NOW) for each in waiting}) == len(waiting)


@given(waiting=lines, data=st.data())
def test_moving_one_leaves_the_order_of_all_others(
    waiting: list[Place], data: st.DataObject
) -> None:
    for _ in range(5):
        target = data.draw(st.sampled_from(waiting))
        rest = [each for each in waiting if each.id != target.id]
        mover = data.draw(st.sampled_from(rest))
        others = [each for each in rest if each.id != mover.id]
        moved = moved_before(mover, target, others, NOW)
        expected = [n for n in line(*waiting) if n != mover.id.int]
        expected.insert(expected.index(target.id.int), mover.id.int)
        waiting = [target, moved, *others]
        assert line(*waiting) == expected


@given(waiting=lines)
def test_what_is_stored_of_a_move_is_read_as_it_was(waiting: list[Place]) -> None:
    mover, target, *others = waiting
    moved = moved_before(mover, target, others, NOW)
    row = WaitlistPlace(id=mover.id, urgency=mover.urgency, stands_as=kept(moved))
    assert priority(standing(row), NOW) == priority(moved, NOW)


@given(each=places)
def test_a_cursor_holds_the_position_and_the_moment(each: Place) -> None:
    at = priority(each, NOW)
    assert cursor.decode(cursor.encode(at, NOW)) == (at, NOW)
    assert len(cursor.encode(at, NOW)) < 200
