"""A sender amends its referral or takes it back: what becomes of the line and of the case."""

from datetime import timedelta
from typing import Any

import pytest

from services.caseload.consumers import HANDLERS
from shared.contracts.referral import (
    ReferralAmended,
    ReferralCancelled,
    ReferralEnteredInError,
    ReferralReceived,
    SentReferral,
)
from shared.ids import new_id
from shared.messages import Received
from tests.integration.caseload.conftest import RECEIVED, Service, referral

TAKEN_BACK: list[tuple[type[SentReferral], dict[str, Any]]] = [
    (ReferralCancelled, {"reason": "no_longer_needed"}),
    (ReferralEnteredInError, {}),
]


def change_of(data: ReferralReceived, event: type[SentReferral], **facts: Any) -> SentReferral:
    """An event of the sender about a referral of before."""
    common = data.model_dump() | {
        "version": 2,
        "occurred_at": data.received_at + timedelta(hours=1),
        "changed": ["urgency"],
    }
    return event.model_validate(common | facts)


async def tell(service: Service, data: SentReferral) -> None:
    """Gives the event to the service's handler, as its consumer would."""
    async with service.database.sessions() as session, session.begin():
        received = Received(new_id(), "", data.occurred_at, None, data)
        await HANDLERS[type(data)](session, received)


async def cancel(service: Service, data: ReferralReceived) -> None:
    await tell(service, change_of(data, ReferralCancelled, reason="no_longer_needed"))


async def told(service: Service, data: ReferralReceived) -> list[str]:
    """What happened to a client."""
    return [event.type.removeprefix("case.") for event in await service.events(data.client_ref)]


@pytest.mark.parametrize(("event", "facts"), TAKEN_BACK)
async def test_an_assigned_case_of_a_referral_that_was_taken_back_closes_and_makes_room(
    service: Service, event: type[SentReferral], facts: dict[str, Any]
) -> None:
    await service.worker(await service.team(), capacity=1)
    first, second = [await service.take(referral()) for _ in range(2)]
    (place,) = await service.line()
    assert place["client_ref"] == str(second.client_ref)
    await tell(service, change_of(first, event, **facts))
    case = await service.case_of(first)
    assert (case["status"], case["closing_reason"]) == ("closed", "referral_cancelled")
    assert (await service.case_of(second))["status"] == "assigned"
    assert await told(service, first) == ["referral-accepted", "assigned", "closed"]
    (log,) = await service.rows("SELECT * FROM audit WHERE action = 'case.close'")
    assert log["actor"] == "nopsa-caseload"


async def test_a_case_whose_client_was_reached_goes_on(service: Service) -> None:
    await service.worker(await service.team())
    data = await service.take(referral(received_at=RECEIVED))
    case = await service.case_of(data)
    await service.rows("UPDATE cases SET contacted_at = now(), status = 'contacted'")
    await cancel(service, data)
    after = await service.case_of(data)
    assert (after["status"], after["etag"]) == ("contacted", case["etag"])
    (noted,) = await service.rows("SELECT withdrawn_at FROM case_referrals")
    assert noted["withdrawn_at"] == data.received_at + timedelta(hours=1)


@pytest.mark.parametrize("waits", [True, False])
async def test_what_another_referral_asks_for_too_ends_with_the_last_of_them(
    service: Service, waits: bool
) -> None:
    await service.worker(await service.team(), capacity=0 if waits else 1)
    first = await service.take(referral())
    second = await service.take(referral(client_ref=first.client_ref))
    before = await told(service, first)
    await cancel(service, first)
    assert await told(service, first) == before
    assert len(await service.line()) == (1 if waits else 0)
    await cancel(service, second)
    assert await service.line() == []
    if waits:
        assert await told(service, first) == before
    else:
        assert (await service.case_of(first))["closing_reason"] == "referral_cancelled"


async def test_a_place_given_up_does_not_come_up_again(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team, capacity=1)
    running, waiting = [await service.take(referral()) for _ in range(2)]
    await cancel(service, waiting)
    await service.close(await service.case_of(running))
    assert await service.rows("SELECT 1 FROM cases WHERE client_ref = $1", waiting.client_ref) == []
    again = await service.take(referral(client_ref=waiting.client_ref))
    assert (await service.case_of(again))["workers"] == [worker]


async def test_who_came_back_without_a_referral_does_not_hang_on_an_old_one(
    service: Service,
) -> None:
    await service.worker(await service.team())
    data = await service.take(referral())
    case = await service.case_of(data)
    await service.rows(
        "INSERT INTO case_lives (case_id, previous_case, consent_to_ask, contact_escalated,"
        " tapering, over_nurse_limit) VALUES ($1, $2, false, false, false, false)",
        case["id"],
        new_id(),
    )
    await cancel(service, data)
    assert (await service.case_of(data))["status"] == "assigned"


async def test_a_change_of_urgency_moves_the_date_of_contact_until_the_first_contact(
    service: Service,
) -> None:
    await service.worker(await service.team())
    data = await service.take(referral(urgency="routine"))
    await tell(service, change_of(data, ReferralAmended, urgency="immediate"))
    case = await service.case_of(data)
    assert (case["urgency"], case["contact_due_at"]) == ("immediate", "2026-03-02T10:00:00Z")
    newest = (await service.events(data.client_ref))[-1]
    assert newest.type == "case.referral-accepted"
    assert newest.data["referral_id"] == str(data.aggregate_id)
    assert newest.data["contact_due_at"] == "2026-03-02T10:00:00Z"
    assert newest.data["joined_open_case"] is False
    await tell(service, change_of(data, ReferralAmended, urgency="urgent"))
    assert (await service.case_of(data))["contact_due_at"] == "2026-03-03T08:00:00Z"
    await service.rows("UPDATE cases SET contacted_at = now(), status = 'contacted'")
    before = await service.case_of(data)
    await tell(service, change_of(data, ReferralAmended, urgency="routine"))
    assert await service.case_of(data) == before


async def test_a_change_moves_the_place_in_line(service: Service) -> None:
    await service.worker(await service.team(), capacity=0)
    first, second = [await service.take(referral(urgency="routine")) for _ in range(2)]
    change = change_of(
        second,
        ReferralAmended,
        urgency="immediate",
        reasons=["mental_health"],
        changed=["urgency", "reasons", "leaves_institution_on"],
        leaves_institution_on="2026-04-01",
    )
    await tell(service, change)
    front, behind = await service.line()
    assert [front["client_ref"], behind["client_ref"]] == [
        str(second.client_ref), str(first.client_ref),
    ]  # fmt: skip
    assert (front["urgency"], front["contact_due_at"]) == ("immediate", "2026-03-02T10:00:00Z")
    assert front["reasons"] == ["homelessness", "mental_health"]
    assert front["leaves_institution_on"] == "2026-04-01"
    assert await told(service, second) == ["waitlisted", "waitlisted"]


async def test_a_change_of_a_referral_that_nothing_answers_any_more_is_noted_by_nobody(
    service: Service,
) -> None:
    await service.worker(await service.team())
    data = await service.take(referral())
    await service.close(await service.case_of(data))
    before = await told(service, data)
    await cancel(service, data)
    await tell(service, change_of(data, ReferralAmended, urgency="immediate"))
    await cancel(service, referral())
    assert await told(service, data) == before
