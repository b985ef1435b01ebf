"""Where referrals go that a team has paused the source of."""

from dataclasses import replace

from services.caseload.assignment.choosing import Colleague
from services.caseload.assignment.rules import Pause, Room, decide, is_held, obstacle
from services.caseload.assignment.why import Why
from shared.contracts.codes import PartnerKind
from tests.unit.caseload.people import HOLLOLA, guidance, need, number, team, worker


def paused(n: int, *workers: Colleague, redirect_to: int | None = None) -> Room:
    to = number(redirect_to) if redirect_to else None
    return replace(team(n, *workers), pauses=(Pause(PartnerKind.LANDLORD, to),))


LANDLORD_S = need(source_kind=PartnerKind.LANDLORD)


def test_a_pause_keeps_out_its_own_source_alone() -> None:
    room = paused(10, worker(1))
    assert obstacle(LANDLORD_S, room) == Why.INTAKE_PAUSED
    assert obstacle(need(source_kind=PartnerKind.PRISON), room) is None
    assert obstacle(need(), room) is None


def test_a_paused_team_s_clients_go_where_it_said() -> None:
    elsewhere = team(11, worker(2, 17), municipalities=frozenset({HOLLOLA}))
    rooms = [paused(10, worker(1), redirect_to=11), elsewhere, guidance(20, worker(3))]
    decision = decide(LANDLORD_S, rooms)
    assert (decision.team, decision.workers) == (number(11), (number(2),))
    assert (decision.redirected, decision.redirected_from) == (Why.INTAKE_PAUSED, number(10))
    assert decision.notes == (Why.REDIRECTED_TO_TEAM, Why.INTAKE_PAUSED)
    assert decision.teams[0].why == (Why.TAKES_OVER,)
    assert decision.teams[1].why == (Why.INTAKE_PAUSED,)


def test_else_they_go_to_another_team_that_serves_them() -> None:
    rooms = [paused(10, worker(1)), team(11, worker(2)), guidance(20, worker(3))]
    wished = decide(need(wished_team=10, source_kind=PartnerKind.LANDLORD), rooms)
    assert (wished.team, wished.redirected_from) == (number(11), number(10))
    assert wished.notes == (Why.REDIRECTED_TO_TEAM, Why.INTAKE_PAUSED)
    unwished = decide(LANDLORD_S, rooms)
    assert (unwished.team, unwished.redirected) == (number(11), None)


def test_else_they_go_to_the_guidance_unit_which_never_pauses() -> None:
    unit = replace(guidance(20, worker(3)), pauses=(Pause(PartnerKind.LANDLORD),))
    decision = decide(LANDLORD_S, [paused(10, worker(1)), unit])
    assert (decision.team, decision.redirected_from) == (number(20), number(10))
    assert decision.notes == (Why.REDIRECTED, Why.INTAKE_PAUSED)


def test_a_team_that_paused_too_takes_nobody_over() -> None:
    rooms = [
        paused(10, worker(1), redirect_to=11),
        paused(11, worker(2), redirect_to=10),
        guidance(20, worker(3)),
    ]
    assert decide(LANDLORD_S, rooms).team == number(20)


def test_without_any_other_they_wait_for_the_pause_to_end() -> None:
    decision = decide(LANDLORD_S, [paused(10, worker(1))])
    assert (decision.team, decision.workers, decision.redirected) == (number(10), (), None)
    assert is_held(decision)
    assert decision.notes == (Why.INTAKE_PAUSED, Why.WAITS_FOR_INTAKE)


def test_a_full_team_that_takes_over_keeps_the_place() -> None:
    rooms = [paused(10, worker(1), redirect_to=11), team(11, worker(2, 18)), guidance(20)]
    decision = decide(replace(LANDLORD_S, wished_team=number(10)), rooms)
    assert (decision.team, decision.workers) == (number(11), ())
    assert decision.notes == (Why.REDIRECTED_TO_TEAM, Why.INTAKE_PAUSED, Why.WAITS_FOR_ROOM)
    assert not is_held(decision)
