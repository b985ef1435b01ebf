"""A referral is amended: the client lives elsewhere, or another team is wished for."""

from typing import Any
from uuid import UUID, uuid4

from shared.contracts.referral import ReferralAmended, ReferralReceived
from tests.integration.caseload.conftest import HELSINKI, HOLLOLA, LAHTI, Service, referral
from tests.integration.caseload.steps import codes, explained
from tests.integration.caseload.test_persons import found
from tests.integration.caseload.test_persons import tell as tell_event
from tests.integration.caseload.test_referral_changes import change_of, tell, told
from tests.support.persons import Whoiswho


async def amend(service: Service, data: ReferralReceived, *changed: str, **facts: Any) -> None:
    """The sender changes its referral."""
    await tell(service, change_of(data, ReferralAmended, changed=changed, **facts))


async def move(service: Service, data: ReferralReceived, municipality: str) -> None:
    """The sender says that the client lives elsewhere."""
    await amend(service, data, "client", municipality=municipality)


async def test_who_waits_gets_workers_where_they_live_now(service: Service) -> None:
    await service.team()
    near = await service.team(municipalities=[HOLLOLA])
    worker = await service.worker(near)
    data = await service.take(referral(urgency="routine"))
    (place,) = await service.line()
    await move(service, data, HOLLOLA)
    case = await service.case_of(data)
    assert (case["id"], case["team"], case["workers"]) == (place["id"], near, [worker])
    assert case["municipality"] == HOLLOLA
    assert await service.line() == []
    assert await told(service, data) == ["waitlisted", "referral-accepted", "assigned"]


async def test_who_waits_without_room_there_waits_in_the_line_of_where_they_live(
    service: Service,
) -> None:
    old = await service.team()
    new = await service.team(municipalities=[HOLLOLA], contact_policy={"urgent": 160})
    data = await service.take(referral())
    before = (await service.line())[0]
    later = await service.take(referral(municipality=HOLLOLA, received_at=data.received_at))
    await move(service, data, HOLLOLA)
    first, second = await service.line()
    assert (before["team"], first["team"], first["municipality"]) == (old, new, HOLLOLA)
    assert (first["rank"], first["received_at"]) == (1, before["received_at"]), "arrived first"
    assert second["referral_ids"] == [str(later.aggregate_id)]
    assert first["contact_due_at"] > before["contact_due_at"], "by the new team's policy"
    explanation = await explained(service, first["id"])
    assert (explanation["team"], codes(explanation["why"])) == (new, ["waits_for_room"])
    await service.worker(new)
    assert (await service.case_of(data))["team"] == new


async def test_who_moves_where_nobody_serves_them_keeps_a_place_and_is_found_by_a_later_team(
    service: Service,
) -> None:
    await service.team()
    data = await service.take(referral())
    await move(service, data, HELSINKI)
    (place,) = await service.line()
    assert (place["team"], place["municipality"]) == (None, HELSINKI)
    team = await service.team(municipalities=[HELSINKI], county="90")
    await service.worker(team)
    assert (await service.case_of(data))["team"] == team


async def test_a_newly_wished_team_is_asked_first(service: Service) -> None:
    await service.team()
    wished = await service.team()
    data = await service.take(referral())
    await amend(service, data, "team", wished_team=UUID(wished))
    (place,) = await service.line()
    assert place["team"] == wished


async def test_who_moves_to_a_team_of_their_own_county_without_one_goes_to_the_guidance_unit(
    service: Service,
) -> None:
    await service.team()
    unit = await service.team(guidance_unit=True, municipalities=[])
    await service.worker(unit)
    data = await service.take(referral())
    await move(service, data, HOLLOLA)
    assert (await service.case_of(data))["team"] == unit
    assert await told(service, data) == [
        "waitlisted",
        "redirected",
        "referral-accepted",
        "assigned",
    ]


async def test_who_has_workers_keeps_them_and_it_is_said_why(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team)
    await service.worker(await service.team(municipalities=[HOLLOLA]))
    data = await service.take(referral())
    await move(service, data, HOLLOLA)
    case = await service.case_of(data)
    assert (case["team"], case["workers"], case["municipality"]) == (team, [worker], HOLLOLA)
    explanation = await explained(service, case["id"])
    assert codes(explanation["why"]) == ["lives_elsewhere_now"]
    assert await told(service, data) == ["referral-accepted", "assigned", "referral-accepted"]
    await move(service, data, HOLLOLA)
    assert codes((await explained(service, case["id"]))["why"]) == ["lives_elsewhere_now"]
    await move(service, data, LAHTI)
    assert codes((await explained(service, case["id"]))["why"]) == []


async def test_another_amendment_moves_nobody(service: Service) -> None:
    await service.team()
    data = await service.take(referral())
    (before,) = await service.line()
    await service.worker(await service.team(municipalities=[HOLLOLA]))
    await amend(service, data, "reasons", reasons=["debt"], municipality=HOLLOLA)
    (place,) = await service.line()
    assert (place["team"], place["municipality"]) == (before["team"], LAHTI)


async def test_a_referral_that_asks_anew_after_an_unlink_asks_as_it_was_amended(
    service: Service,
) -> None:
    await service.team(municipalities=[LAHTI, HOLLOLA])
    history = Whoiswho()
    kept = await service.take(referral())
    goer = uuid4()
    await tell_event(service, history.link(goer, kept.client_ref))
    joined = await service.take(referral(client_ref=kept.client_ref, urgency="routine"))
    await move(service, joined, HOLLOLA)
    await tell_event(service, history.unlink(goer, referral_ids=(joined.aggregate_id,)))
    (place,) = await found(service, goer, "waitlist")
    assert (place["municipality"], place["urgency"]) == (HOLLOLA, "routine")
