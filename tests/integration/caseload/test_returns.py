"""A client comes back within the window, without a new referral, to who knows them if possible."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.caseload.consumers import HANDLERS
from shared.contracts.consent import ConsentGiven
from shared.ids import new_id
from shared.messages import Received
from tests.integration.caseload.acting import Hands, take_on
from tests.integration.caseload.conftest import Service, referral


@pytest.fixture
async def hands(service: Service) -> Hands:
    """A case that was closed a moment ago, in a team of one."""
    await service.worker(await service.team(contact_policy={"urgent": 160}), capacity=1)
    case = await take_on(service)
    await case.reach()
    await case.do("close", {"reason": "goals_attained"})
    return case


async def later(hands: Hands, days: int) -> None:
    """Days go by since the case was closed."""
    await hands.service.rows(
        f"UPDATE cases SET closed_at = closed_at - interval '{days} days' WHERE id = $1",
        hands.case_id,
    )


async def period(hands: Hands, came_back: dict[str, Any]) -> Hands:
    """The new period."""
    new = Hands(hands.service, came_back["id"], "", hands.headers)
    await new.see()
    return new


async def test_a_client_comes_back_to_who_knows_them(hands: Hands) -> None:
    service, old = hands.service, await hands.see()
    await service.worker(old["team"])
    answer = await hands.act("return")
    back = answer.json()
    assert (answer.status_code, back["status"]) == (201, "assigned")
    assert answer.headers["Location"] == f"/v1/cases/{back['id']}"
    assert [question["code"] for question in back["open_questions"]] == ["consent_to_be_asked"]
    new = await period(hands, back)
    assert new.etag == answer.headers["ETag"]
    case = await new.see()
    assert (case["workers"], case["status"]) == (old["workers"], "assigned")
    assert (case["previous_case"], case["client_ref"]) == (old["id"], old["client_ref"])
    assert case["referral_ids"] == old["referral_ids"]
    assert (await hands.see())["returned_as"] == new.case_id
    assert await new.types() == ["returned", "assigned"]
    returned = (await service.events(UUID(old["client_ref"])))[-2]
    assert returned.data["previous_case"] == old["id"]
    assert returned.correlation == old["referral_ids"][0]
    folded = await new.folded()
    assert (folded.status, str(folded.previous_case)) == ("assigned", old["id"])


async def test_the_new_period_is_worked_like_any_other(hands: Hands) -> None:
    new = await period(hands, await hands.do("return", {"urgency": "immediate"}))
    await new.support()
    await new.do("close", {"reason": "goals_attained"})
    third = await period(new, await new.do("return"))
    assert (await third.see())["urgency"] == "immediate"
    await hands.see()
    again = await hands.act("return")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert "another case" in again.json()["detail"]
    await third.support()
    await third.do("close", {"reason": "goals_attained"})
    again = await hands.act("return")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert "later one" in again.json()["detail"]


async def test_without_room_the_client_waits_for_their_own_team(hands: Hands) -> None:
    service = hands.service
    other = await service.take(referral())
    await service.worker(await service.team())
    back = await hands.do("return")
    assert back["status"] == "waitlisted"
    (place,) = await service.line()
    assert (place["id"], place["team"]) == (back["id"], back["team"])
    again = await hands.act("return")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    await service.close(await service.case_of(other))
    new = await period(hands, back)
    assert (await new.see())["previous_case"] == hands.case_id
    assert await new.types() == ["returned", "assigned"]


async def test_a_new_referral_joins_who_came_back_and_waits(hands: Hands) -> None:
    service, old = hands.service, await hands.see()
    other = await service.take(referral())
    back = await hands.do("return")
    joined = await service.take(referral(client_ref=UUID(old["client_ref"])))
    await service.close(await service.case_of(other))
    new = await period(hands, back)
    assert str(joined.aggregate_id) in (await new.see())["referral_ids"]
    assert await new.types() == ["returned", "waitlisted", "referral-accepted", "assigned"]
    accepted = (await new.told())[-2].model_dump()
    assert accepted["referral_id"] == joined.aggregate_id, "the new one alone"


@pytest.mark.parametrize(("days", "status"), [(179, 201), (181, 409)])
async def test_after_the_window_a_new_referral_is_needed(
    hands: Hands, days: int, status: int
) -> None:
    await later(hands, days)
    answer = await hands.act("return")
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "return_window_over"
        assert "new referral" in answer.json()["detail"]


async def test_a_team_has_a_window_of_its_own(service: Service) -> None:
    await service.worker(await service.team(return_window_days=10))
    hands = await take_on(service)
    await hands.do("close", {"reason": "client_withdrew"})
    await later(hands, 11)
    assert (await hands.act("return")).json()["code"] == "return_window_over"


@pytest.mark.parametrize("reason", ["deceased", None])
async def test_nobody_comes_back_to_what_has_not_ended_or_cannot_go_on(
    service: Service, reason: str | None
) -> None:
    await service.worker(await service.team())
    hands = await take_on(service)
    if reason is not None:
        await hands.do("close", {"reason": reason})
    answer = await hands.act("return")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


async def test_who_is_a_client_already_does_not_come_back(hands: Hands) -> None:
    old = await hands.see()
    await hands.service.take(referral(client_ref=UUID(old["client_ref"])))
    answer = await hands.act("return")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_the_same_return_again_is_answered_again(hands: Hands) -> None:
    first = await hands.act("return", {}, Idempotency_Key="back-1")
    hands.etag = (await hands.see()) and hands.etag
    again = await hands.act("return", {}, Idempotency_Key="back-1")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert len(await hands.service.rows("SELECT 1 FROM cases")) == 2


async def test_consent_is_asked_anew_until_the_client_answered(hands: Hands) -> None:
    new = await period(hands, await hands.do("return"))
    case = await new.see()
    assert [question["code"] for question in case["open_questions"]] == ["consent_to_be_asked"]
    await give_consent(hands.service, uuid4())
    assert (await new.see())["open_questions"] != []
    await give_consent(hands.service, UUID(case["client_ref"]))
    assert (await new.see())["open_questions"] == []


async def give_consent(service: Service, client_ref: UUID, *, at: datetime | None = None) -> None:
    """The consent service tells that somebody consents, or consented."""
    now = at or datetime.now(UTC)
    data = ConsentGiven(
        aggregate_id=new_id(),
        version=1,
        occurred_at=now,
        client_ref=client_ref,
        direction="social_to_health",
        valid_from=now,
    )
    async with service.database.sessions() as session, session.begin():
        await HANDLERS[ConsentGiven](session, Received(new_id(), "", now, None, data))
