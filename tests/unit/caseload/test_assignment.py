"""Which team takes a client, and why: the rules as examples, and what must hold for any teams."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.assignment.choosing import Colleague, Need, has_room, score
from services.caseload.assignment.rules import (
    Decision,
    Pause,
    Room,
    average_caseload,
    decide,
    decide_within,
    is_held,
    obstacle,
    reassigned,
)
from services.caseload.assignment.why import Why
from services.caseload.wording import WORDS
from shared.contracts.codes import AgeGroup, PartnerKind, Reason, RedirectReason, Sector
from tests.unit.caseload.people import (
    BOTH,
    HELSINKI,
    HOLLOLA,
    LAHTI,
    PAIJAT_HAME,
    guidance,
    need,
    number,
    nurse,
    team,
    worker,
)


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


# Pairs.


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


@pytest.mark.parametrize("reason", RedirectReason)
def test_whom_the_sender_s_agreement_does_not_carry_goes_to_the_guidance_unit(
    reason: RedirectReason,
) -> None:
    rooms = [team(10, worker(1)), guidance(20, worker(2, 17), worker(3, 18))]
    decision = decide(replace(need(wished_team=10), redirect_reason=reason), rooms)
    assert (decision.team, decision.workers) == (number(20), (number(2),))
    assert decision.redirected == Why(reason)
    assert decision.notes == (Why.REDIRECTED, Why(reason))
    assert why(decision, 1) == Why.TEAM_NOT_IN_LINE


def test_where_there_is_no_guidance_unit_a_team_takes_them_all_the_same() -> None:
    redirected = replace(need(), redirect_reason=RedirectReason.OVER_QUOTA)
    decision = decide(redirected, [team(10, worker(1))])
    assert (decision.team, decision.redirected) == (number(10), None)


def test_who_waits_for_a_team_stays_its_client_whatever_it_serves_now() -> None:
    moved = team(10, worker(1), municipalities=frozenset({HOLLOLA}))
    assert decide_within(need(), moved).workers == (number(1),)


# Absence, return and a person's own choice.


def test_who_is_absent_is_no_candidate_and_is_told_so() -> None:
    away = replace(worker(1), absent=True)
    decision = decide(need(), [team(10, away, worker(2, 17))])
    assert decision.workers == (number(2),)
    assert why(decision, 1) == Why.ABSENT


def test_a_team_whose_workers_are_all_away_comes_after_the_others() -> None:
    rooms = [team(10, replace(worker(1), absent=True)), team(11, worker(2, 18))]
    assert decide(need(), rooms).team == number(11)


def test_a_client_who_comes_back_gets_their_earlier_worker_if_there_is_room() -> None:
    back = need(earlier_workers=frozenset({number(2)}))
    decision = decide_within(back, team(10, worker(1), worker(2, 17)))
    assert decision.workers == (number(2),)
    assert Why.EARLIER_WORKER in decision.candidates[0].why
    full = decide_within(back, team(10, worker(1), worker(2, 18)))
    assert full.workers == (number(1),)


def test_what_a_person_decided_is_told_for_every_colleague() -> None:
    room = team(10, worker(1), worker(2, 18), replace(worker(3), absent=True), worker(4))
    decision = reassigned(need(), room, {number(1)}, beyond=False)
    assert (decision.workers, decision.notes) == ((number(1),), (Why.REASSIGNED,))
    assert [why(decision, n) for n in (1, 2, 3, 4)] == [
        Why.REASSIGNED,
        Why.NO_ROOM,
        Why.ABSENT,
        Why.NOT_PICKED,
    ]
    beyond = reassigned(need(), room, {number(2)}, beyond=True)
    assert beyond.notes == (Why.REASSIGNED, Why.BEYOND_CAPACITY)


def test_the_caseload_of_a_team_is_the_mean_of_its_workers_cases() -> None:
    room = team(10, worker(1, 17), nurse(2, 19))
    assert average_caseload(room) == 18
    assert average_caseload(room, more=2) == 19
    assert average_caseload(team(10)) == 0


def test_every_ground_has_its_words_in_every_language() -> None:
    assert set(WORDS) == set(Why)
    for words in WORDS.values():
        assert len(set(words)) == len(words) == 3
        assert all(text.endswith(".") for text in words)


# Whatever the teams look like.

languages = st.lists(st.sampled_from(["fi", "sv", "en", "so"]), max_size=3).map(tuple)
loads = st.decimals(0, 6, places=1)
capacities = st.decimals(0, 5, places=1)
sources = st.sampled_from([PartnerKind.LANDLORD, PartnerKind.PRISON])
needs = st.builds(
    Need,
    municipality=st.sampled_from([LAHTI, HOLLOLA, HELSINKI]),
    age_group=st.sampled_from(AgeGroup),
    reasons=st.frozensets(st.sampled_from(Reason), min_size=1),
    language=st.sampled_from(["fi", "sv-FI", "en", "uk"]),
    wished_team=st.none() | st.integers(1, 4).map(number),
    source_kind=st.none() | sources,
    redirect_reason=st.none() | st.sampled_from(RedirectReason),
    earlier_workers=st.frozensets(st.integers(10, 13).map(number)),
    weight=st.sampled_from([Decimal(1), Decimal("1.5"), Decimal("0.5")]),
)


@st.composite
def regions(draw: st.DrawFn) -> list[Room]:
    rooms = []
    for nth in range(1, draw(st.integers(1, 4)) + 1):
        workers = [
            Colleague(
                number(nth * 10 + k),
                draw(st.none() | st.sampled_from(Sector)),
                draw(languages),
                draw(capacities),
                draw(loads),
                competences=draw(st.frozensets(st.sampled_from(["debt", "homelessness"]))),
                absent=draw(st.booleans()),
            )
            for k in range(draw(st.integers(0, 4)))
        ]
        places = draw(st.frozensets(st.sampled_from([LAHTI, HOLLOLA])))
        groups = draw(st.frozensets(st.sampled_from(["18-29", "debt", "mental_health"])))
        pauses = tuple(
            Pause(source, draw(st.none() | st.integers(1, 4).map(number)))
            for source in draw(st.lists(sources, unique=True))
        )
        unit = draw(st.booleans())
        rooms.append(Room(number(nth), PAIJAT_HAME, places, groups, unit, tuple(workers), pauses))
    return rooms


@given(need=needs, rooms=regions())
def test_nobody_without_room_is_ever_chosen(need: Need, rooms: list[Room]) -> None:
    decision = decide(need, rooms)
    everybody = {colleague.id: (room, colleague) for room in rooms for colleague in room.workers}
    for chosen in decision.workers:
        room, colleague = everybody[chosen]
        assert has_room(need, colleague)
        assert room.id == decision.team


@given(need=needs, rooms=regions())
def test_whoever_could_be_taken_is_taken(need: Need, rooms: list[Room]) -> None:
    decision = decide(need, rooms)
    in_line = [verdict.team for verdict in decision.teams if verdict.in_line]
    able = [w for room in rooms if room.id in in_line for w in room.workers if has_room(need, w)]
    assert bool(decision.workers) == bool(able)
    assert decision.team in in_line or not in_line


@given(need=needs, rooms=regions())
def test_nobody_comes_to_a_team_that_has_paused_their_source(need: Need, rooms: list[Room]) -> None:
    decision = decide(need, rooms)
    for room in rooms:
        sources = {pause.source for pause in room.pauses}
        if room.id == decision.team and need.source_kind in sources and not room.guidance_unit:
            assert decision.workers == ()
            assert is_held(decision)


@given(need=needs, rooms=regions())
def test_nobody_is_lost_where_there_is_a_guidance_unit(need: Need, rooms: list[Room]) -> None:
    decision = decide(need, rooms)
    if need.municipality != HELSINKI and any(room.guidance_unit for room in rooms):
        assert decision.team is not None


@given(need=needs, rooms=regions(), data=st.data())
def test_the_order_in_which_teams_and_workers_are_told_does_not_matter(
    need: Need, rooms: list[Room], data: st.DataObject
) -> None:
    shuffled = [
        replace(room, workers=tuple(data.draw(st.permutations(room.workers))))
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
    able = [colleague for colleague in workers if has_room(need, colleague)]
    assert score(need, chosen) == max(score(need, colleague) for colleague in able)
