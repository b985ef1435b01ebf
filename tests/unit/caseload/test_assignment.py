"""Who takes a client: the rules as examples, and what must hold whatever the teams look like."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.assignment.rules import (
    Colleague,
    Decision,
    Need,
    Room,
    Why,
    crew,
    decide,
    decide_within,
    has_room,
    most_urgent,
    needs_pair,
    obstacle,
    ranked,
    score,
    speaks,
)
from services.caseload.wording import WORDS
from shared.contracts.codes import AgeGroup, Reason, Sector, Urgency

LAHTI, HOLLOLA, HELSINKI = "398", "098", "091"
PAIJAT_HAME = "09"
HOMELESS = frozenset({Reason.HOMELESSNESS})
BOTH = frozenset({Reason.HOMELESSNESS, Reason.MENTAL_HEALTH})


def number(n: int) -> UUID:
    return UUID(int=n)


def need(
    reasons: frozenset[Reason] = HOMELESS,
    *,
    municipality: str = LAHTI,
    age_group: AgeGroup = AgeGroup.FROM_30_TO_64,
    language: str = "fi",
    wished_team: int | None = None,
) -> Need:
    wish = number(wished_team) if wished_team else None
    return Need(municipality, age_group, reasons, language, wish)


def worker(
    n: int,
    open_cases: int = 0,
    *,
    capacity: int = 18,
    sector: Sector = Sector.SOCIAL,
    languages: tuple[str, ...] = ("fi",),
) -> Colleague:
    return Colleague(number(n), sector, languages, capacity, open_cases)


def nurse(n: int, open_cases: int = 0) -> Colleague:
    return worker(n, open_cases, sector=Sector.HEALTH)


def team(
    n: int,
    *workers: Colleague,
    municipalities: frozenset[str] = frozenset({LAHTI}),
    target_groups: frozenset[str] = frozenset(),
    guidance_unit: bool = False,
) -> Room:
    return Room(number(n), PAIJAT_HAME, municipalities, target_groups, guidance_unit, workers)


def guidance(n: int, *workers: Colleague) -> Room:
    return team(n, *workers, municipalities=frozenset(), guidance_unit=True)


def why(decision: Decision, n: int) -> Why:
    """The verdict on a worker."""
    return next(c.why[0] for c in decision.candidates if c.worker == number(n))


# Which teams are for this client.


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (team(1), None),
        (team(1, municipalities=frozenset({HOLLOLA})), Why.MUNICIPALITY_NOT_COVERED),
        (team(1, target_groups=frozenset({"30-64"})), None),
        (team(1, target_groups=frozenset({"homelessness", "debt"})), None),
        (team(1, target_groups=frozenset({"18-29", "debt"})), Why.TARGET_GROUP_NOT_SERVED),
        (team(1, guidance_unit=True), Why.GUIDANCE_UNIT_ASKED_LAST),
    ],
)
def test_a_team_serves_its_municipalities_and_target_groups(
    room: Room, expected: Why | None
) -> None:
    assert obstacle(need(), room) == expected


# Who of a team.


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


def test_nobody_has_room_in_a_team_without_capacity() -> None:
    assert crew(need(), [worker(1, 0, capacity=0)]) == ()


# Work pairs.


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ({Reason.HOMELESSNESS}, False),
        ({Reason.MENTAL_HEALTH}, False),
        ({Reason.MENTAL_HEALTH, Reason.DISCHARGE}, False),
        ({Reason.MENTAL_HEALTH, Reason.RENT_ARREARS}, True),
        ({Reason.SUBSTANCE_USE, Reason.RELEASE}, True),
        ({Reason.DISCHARGE, Reason.DAILY_LIVING}, True),
        ({Reason.MENTAL_HEALTH, Reason.OTHER}, False),
    ],
)
def test_a_pair_is_for_reasons_of_both_sectors(reasons: set[Reason], expected: bool) -> None:
    assert needs_pair(need(frozenset(reasons))) == expected


def test_a_pair_is_the_best_of_each_sector() -> None:
    workers = [worker(1, 5), worker(2, 1), nurse(3, 9), nurse(4, 8)]
    decision = decide(need(BOTH), [team(10, *workers)])
    assert decision.workers == (number(2), number(4))
    assert why(decision, 2) == why(decision, 4) == Why.CHOSEN_IN_PAIR
    assert why(decision, 1) == why(decision, 3) == Why.LOWER_SCORE
    assert decision.notes == (Why.PAIR_NEEDED,)


def test_one_begins_alone_when_only_one_sector_has_room() -> None:
    decision = decide(need(BOTH), [team(10, worker(1, 5), nurse(2, 18))])
    assert decision.workers == (number(1),)
    assert why(decision, 2) == Why.NO_ROOM
    assert decision.notes == (Why.PAIR_INCOMPLETE,)


def test_a_pair_is_never_of_two_teams() -> None:
    decision = decide(need(BOTH), [team(10, worker(1)), team(11, nurse(2))])
    assert decision.workers == (number(1),)


# Which team first.


def test_the_wished_team_comes_first_though_it_has_more_to_do() -> None:
    rooms = [team(10, worker(1, 0)), team(11, worker(2, 17))]
    decision = decide(need(wished_team=11), rooms)
    assert decision.team == number(11)
    assert why(decision, 1) == Why.OTHER_TEAM_FIRST
    assert decision.teams[0].why == (Why.WISHED, Why.SERVES)


def test_a_wish_opens_no_door_of_a_team_that_does_not_serve_the_client() -> None:
    elsewhere = team(10, worker(1), municipalities=frozenset({HOLLOLA}))
    decision = decide(need(wished_team=10), [elsewhere, team(11, worker(2))])
    assert decision.team == number(11)
    assert decision.teams[1].why == (Why.WISHED, Why.MUNICIPALITY_NOT_COVERED)
    assert why(decision, 1) == Why.TEAM_NOT_IN_LINE


def test_a_full_wished_team_gives_way_to_one_with_room() -> None:
    rooms = [team(10, worker(1, 18)), team(11, worker(2, 17))]
    assert decide(need(wished_team=10), rooms).team == number(11)


def test_the_least_loaded_team_comes_first() -> None:
    assert decide(need(), [team(10, worker(1, 5)), team(11, worker(2, 4))]).team == number(11)


def test_without_room_the_client_waits_for_the_first_team_in_line() -> None:
    rooms = [team(10, worker(1, 18)), team(11, worker(2, 18))]
    decision = decide(need(wished_team=11), rooms)
    assert (decision.team, decision.workers) == (number(11), ())
    assert decision.notes == (Why.WAITS_FOR_ROOM,)


def test_nobody_waits_for_a_team_without_workers_when_another_serves() -> None:
    assert decide(need(), [team(10), team(11, worker(2, 18))]).team == number(11)


# Where no team serves the client.


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (team(10, municipalities=frozenset({HOLLOLA})), Why.MUNICIPALITY_NOT_COVERED),
        (team(10, target_groups=frozenset({"18-29"})), Why.TARGET_GROUP_NOT_SERVED),
    ],
)
def test_the_guidance_unit_of_the_county_takes_whom_no_team_serves(
    other: Room, reason: Why
) -> None:
    decision = decide(need(), [other, guidance(20, worker(1))])
    assert (decision.team, decision.workers) == (number(20), (number(1),))
    assert decision.redirected == reason
    assert decision.notes == (Why.REDIRECTED, reason)


def test_a_full_guidance_unit_keeps_the_place() -> None:
    decision = decide(need(), [guidance(20, worker(1, 18))])
    assert (decision.team, decision.workers) == (number(20), ())
    assert decision.redirected == Why.MUNICIPALITY_NOT_COVERED


def test_the_guidance_unit_is_not_asked_because_a_team_is_full() -> None:
    decision = decide(need(), [team(10, worker(1, 18)), guidance(20, worker(2))])
    assert (decision.team, decision.workers) == (number(10), ())
    assert decision.redirected is None


def test_another_county_s_guidance_unit_is_not_asked() -> None:
    decision = decide(need(municipality=HELSINKI), [guidance(20, worker(1))])
    assert (decision.team, decision.workers, decision.redirected) == (None, (), None)
    assert decision.notes == (Why.NO_TEAM,)


def test_who_waits_for_a_team_stays_its_client_whatever_it_serves_now() -> None:
    moved = team(10, worker(1), municipalities=frozenset({HOLLOLA}))
    assert decide_within(need(), moved).workers == (number(1),)


# Urgency and words.


def test_the_most_urgent_of_several_counts() -> None:
    assert most_urgent(Urgency.ROUTINE, Urgency.IMMEDIATE, Urgency.URGENT) == Urgency.IMMEDIATE


def test_every_ground_has_its_words() -> None:
    assert set(WORDS) == set(Why)


# Whatever the teams look like.

languages = st.lists(st.sampled_from(["fi", "sv", "en", "so"]), max_size=3).map(tuple)
loads = st.integers(0, 6)
capacities = st.integers(0, 5)
needs = st.builds(
    Need,
    municipality=st.sampled_from([LAHTI, HOLLOLA, HELSINKI]),
    age_group=st.sampled_from(AgeGroup),
    reasons=st.frozensets(st.sampled_from(Reason), min_size=1),
    language=st.sampled_from(["fi", "sv-FI", "en", "uk"]),
    wished_team=st.none() | st.integers(1, 4).map(number),
)


@st.composite
def regions(draw: st.DrawFn) -> list[Room]:
    rooms = []
    for nth in range(1, draw(st.integers(1, 4)) + 1):
        workers = [
            Colleague(
                number(nth * 10 + k),
                draw(st.sampled_from(Sector)),
                draw(languages),
                draw(capacities),
                draw(loads),
            )
            for k in range(draw(st.integers(0, 4)))
        ]
        places = draw(st.frozensets(st.sampled_from([LAHTI, HOLLOLA])))
        groups = draw(st.frozensets(st.sampled_from(["18-29", "debt", "mental_health"])))
        rooms.append(
            Room(number(nth), PAIJAT_HAME, places, groups, draw(st.booleans()), tuple(workers))
        )
    return rooms


@given(need=needs, rooms=regions())
def test_nobody_without_room_is_ever_chosen(need: Need, rooms: list[Room]) -> None:
    decision = decide(need, rooms)
    everybody = {colleague.id: (room, colleague) for room in rooms for colleague in room.workers}
    for chosen in decision.workers:
        room, colleague = everybody[chosen]
        assert has_room(colleague)
        assert room.id == decision.team


@given(need=needs, rooms=regions())
def test_whoever_could_be_taken_is_taken(need: Need, rooms: list[Room]) -> None:
    serving = [room for room in rooms if obstacle(need, room) is None]
    decision = decide(need, rooms)
    if serving:
        assert bool(decision.workers) == any(has_room(w) for room in serving for w in room.workers)
        assert decision.team in {room.id for room in serving}


@given(need=needs, rooms=regions(), data=st.data())
def test_the_order_in_which_teams_and_workers_are_told_does_not_matter(
    need: Need, rooms: list[Room], data: st.DataObject
) -> None:
    shuffled = [
        Room(
            room.id,
            room.county,
            room.municipalities,
            room.target_groups,
            room.guidance_unit,
            tuple(data.draw(st.permutations(room.workers))),
        )
        for room in data.draw(st.permutations(rooms))
    ]
    assert decide(need, shuffled) == decide(need, rooms)


@given(need=needs, rooms=regions())
def test_every_team_and_worker_is_explained_and_the_chosen_alone_are_chosen(
    need: Need, rooms: list[Room]
) -> None:
    decision = decide(need, rooms)
    assert {verdict.team for verdict in decision.teams} == {room.id for room in rooms}
    assert {candidate.worker for candidate in decision.candidates} == {
        colleague.id for room in rooms for colleague in room.workers
    }
    chosen = {candidate.worker for candidate in decision.candidates if candidate.chosen}
    assert chosen == set(decision.workers)
    assert all(verdict.why for verdict in decision.teams)


@given(need=needs, rooms=regions())
def test_a_chosen_worker_alone_has_the_best_score_of_those_with_room(
    need: Need, rooms: list[Room]
) -> None:
    decision = decide(need, rooms)
    if len(decision.workers) != 1:
        return
    (workers,) = [room.workers for room in rooms if room.id == decision.team]
    (chosen,) = [colleague for colleague in workers if colleague.id == decision.workers[0]]
    able = [colleague for colleague in workers if has_room(colleague)]
    assert score(need, chosen) == max(score(need, colleague) for colleague in able)
