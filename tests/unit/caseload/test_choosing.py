"""Which worker of a team takes a client: profession, language, competence, room, work pairs."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.assignment.choosing import (
    Colleague,
    crew,
    has_room,
    needs_pair,
    ranked,
    score,
    sector_of,
    sectors_asked,
    share_of_week,
    speaks,
)
from shared.contracts.codes import Profession, Reason, Sector
from tests.unit.caseload.people import need, number, nurse, worker

P, R = Profession, Reason


def test_the_lowest_share_of_load_comes_first() -> None:
    assert crew(need(), [worker(1, 9), worker(2, 2, capacity=3), worker(3, 8)]) == (worker(3, 8),)


def test_equals_come_in_the_order_of_their_ids() -> None:
    assert ranked(need(), [worker(3), worker(1), worker(2)]) == [worker(1), worker(2), worker(3)]


def test_who_speaks_the_language_comes_before_who_has_less_to_do() -> None:
    swede = worker(2, 17, languages=("fi", "sv"))
    assert crew(need(language="sv-FI"), [worker(1), swede]) == (swede,)


def test_a_full_worker_is_passed_over_whatever_they_speak() -> None:
    swede = worker(2, 18, languages=("sv",))
    assert crew(need(language="sv"), [worker(1, 17), swede]) == (worker(1, 17),)


@pytest.mark.parametrize("language", ["sv", "SV", "sv-FI", "sv-SE"])
def test_the_regional_form_of_a_language_does_not_matter(language: str) -> None:
    assert speaks(worker(1, languages=("sv-FI",)), language)


# The profession that the reasons ask for.


@pytest.mark.parametrize(
    ("profession", "employer", "expected"),
    [
        (P.SOCIAL_WORKER, Sector.SOCIAL, Sector.SOCIAL),
        (P.SOCIAL_COUNSELLOR, Sector.SOCIAL, Sector.SOCIAL),
        (P.SOCIAL_WORKER, Sector.HEALTH, Sector.SOCIAL),
        (P.PSYCHIATRIC_NURSE, Sector.HEALTH, Sector.HEALTH),
        (P.PSYCHIATRIC_NURSE, Sector.SOCIAL, Sector.HEALTH),
        (P.OTHER, Sector.HEALTH, Sector.HEALTH),
        (P.PEER_WORKER, Sector.SOCIAL, None),
    ],
)
def test_a_worker_is_of_the_sector_of_their_profession_whoever_employs_them(
    profession: Profession, employer: Sector, expected: Sector | None
) -> None:
    assert sector_of(profession, employer) == expected


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ({R.RENT_ARREARS}, {Sector.SOCIAL}),
        ({R.MENTAL_HEALTH, R.DISCHARGE}, {Sector.HEALTH}),
        ({R.MENTAL_HEALTH, R.OTHER}, {Sector.HEALTH}),
        ({R.SUBSTANCE_USE, R.RELEASE}, {Sector.SOCIAL, Sector.HEALTH}),
        ({R.OTHER}, {Sector.SOCIAL}),
    ],
)
def test_reasons_ask_for_sectors(reasons: set[Reason], expected: set[Sector]) -> None:
    asked = need(frozenset(reasons))
    assert sectors_asked(asked) == expected
    assert needs_pair(asked) == (len(expected) > 1)


def test_a_rent_case_goes_to_social_work_though_the_nurse_has_less_to_do() -> None:
    busy = worker(1, 17, languages=("en",))
    assert crew(need(frozenset({R.RENT_ARREARS})), [busy, nurse(2)]) == (busy,)


def test_a_mental_health_case_goes_to_the_nurse_though_others_have_less_to_do() -> None:
    assert crew(need(frozenset({R.MENTAL_HEALTH})), [worker(1), nurse(2, 17)]) == (nurse(2, 17),)


def test_who_has_room_takes_the_client_when_nobody_asked_for_has() -> None:
    assert crew(need(frozenset({R.RENT_ARREARS})), [worker(1, 18), nurse(2)]) == (nurse(2),)


def test_a_peer_worker_takes_nobody_while_a_professional_has_room() -> None:
    peer = worker(1, sector=None)
    assert crew(need(), [peer, worker(2, 17)]) == (worker(2, 17),)
    assert crew(need(), [peer, worker(2, 18)]) == (peer,)


# Competence.


def test_competence_counts_as_much_as_free_room() -> None:
    trained = worker(2, 9, competences=frozenset({"debt"}))
    asked = need(frozenset({R.DEBT}))
    assert crew(asked, [worker(1), trained]) == (trained,)
    assert score(asked, trained) - score(asked, worker(3, 9)) == 1


def test_competence_in_some_of_the_reasons_counts_by_its_share() -> None:
    asked = need(frozenset({R.DEBT, R.RENT_ARREARS}))
    trained = worker(2, competences=frozenset({"debt", "driving"}))
    assert score(asked, trained) - score(asked, worker(1)) == 0.5


# Room in points.


@pytest.mark.parametrize(
    ("capacity", "load", "weight", "expected"),
    [
        ("18", "17", "1", True),
        ("18", "17.5", "1", False),
        ("18", "17.5", "0.5", True),
        ("18", "16.5", "1.5", True),
        ("18", "17", "1.5", False),
        ("0", "0", "1", False),
    ],
)
def test_a_case_fits_when_its_weight_does(
    capacity: str, load: str, weight: str, expected: bool
) -> None:
    colleague = Colleague(number(1), Sector.SOCIAL, ("fi",), Decimal(capacity), Decimal(load))
    assert has_room(need(weight=Decimal(weight)), colleague) is expected


def test_eighteen_cases_of_one_point_fill_a_whole_worker() -> None:
    colleague, taken = worker(1), 0
    while has_room(need(), colleague):
        colleague, taken = replace(colleague, load=colleague.load + 1), taken + 1
    assert taken == 18


@pytest.mark.parametrize(
    ("days", "expected"),
    [([1, 2, 3, 4, 5], "1"), ([1, 3, 5], "0.6"), ([2], "0.2"), ([1, 2, 3, 4, 5, 6, 7], "1")],
)
def test_part_time_is_the_share_of_a_five_day_week(days: list[int], expected: str) -> None:
    assert share_of_week(days) == Decimal(expected)


# Work pairs.


def test_a_pair_is_of_professions_not_of_employers() -> None:
    asked = need(frozenset({R.HOMELESSNESS, R.MENTAL_HEALTH}))
    assert crew(asked, [worker(1, 5), worker(2, 1), nurse(3, 9)]) == (worker(2, 1), nurse(3, 9))


def test_a_peer_worker_is_not_half_of_a_pair() -> None:
    asked = need(frozenset({R.HOMELESSNESS, R.MENTAL_HEALTH}))
    assert crew(asked, [worker(1, sector=None), nurse(2, 17)]) == (nurse(2, 17),)


# What outweighs what.

colleagues = st.builds(
    Colleague,
    id=st.integers(1, 50).map(number),
    sector=st.none() | st.sampled_from(Sector),
    languages=st.lists(st.sampled_from(["fi", "sv"]), max_size=2).map(tuple),
    capacity=st.decimals(0, 20, places=1),
    load=st.decimals(0, 20, places=1),
    competences=st.frozensets(st.sampled_from(["debt", "homelessness"])),
)


@given(workers=st.lists(colleagues, min_size=1, unique_by=lambda w: w.id), data=st.data())
def test_earlier_worker_then_profession_then_language_decide(
    workers: list[Colleague], data: st.DataObject
) -> None:
    earlier = data.draw(st.frozensets(st.sampled_from([w.id for w in workers])))
    asked = need(frozenset({R.DEBT, R.HOMELESSNESS}), earlier_workers=earlier)
    order = [
        (w.id in earlier, w.sector == Sector.SOCIAL, speaks(w, "fi"))
        for w in ranked(asked, workers)
    ]
    assert order == sorted(order, reverse=True)
