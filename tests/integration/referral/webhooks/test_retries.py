"""A message is tried again, given up, sent anew; in order within its referral."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from fastapi.responses import Response

from tests.integration.referral.webhooks.conftest import Opened
from tests.integration.referral.webhooks.house import House, until
from tests.support.receiver import Message, always, failing_first, held

WARD = "hospital_ward"


async def _tried(house: House, webhook_id: str) -> list[dict[str, Any]] | None:
    log = await house.log(WARD, webhook_id)
    return log if log and log[0]["outcome"] else None


async def test_a_message_is_tried_again_under_the_same_id_until_it_is_taken(house: House) -> None:
    mine = await house.listen(WARD)
    house.receiver.answer = failing_first(4)
    referral = await house.refer(WARD)
    async with house.sending():
        await referral.accept()
        (entry,) = await house.settled(WARD, mine)
    assert len(house.receiver.messages) == 5
    assert {message.id for message in house.receiver.messages} == {entry["id"]}
    assert all(message.verified_by for message in house.receiver.messages)
    assert (entry["status"], entry["attempts"], entry["next_attempt_at"]) == ("delivered", 5, None)


async def test_after_the_schedule_a_message_is_given_up_and_the_next_gets_its_turn(
    house: House,
) -> None:
    mine = await house.listen(WARD)
    house.receiver.answer = failing_first(10)
    referral = await house.refer(WARD)
    await referral.accept()
    await referral.close()
    async with house.sending():
        first, second = await house.settled(WARD, mine, 2)
    assert (first["status"], first["attempts"], first["outcome"]) == ("failed", 10, "bad_status")
    assert (second["status"], second["attempts"]) == ("delivered", 1)
    assert house.receiver.messages[-1].status == ("completed", "ended")


async def test_retry_after_is_waited_for(house: House) -> None:
    mine = await house.listen(WARD)
    house.receiver.answer = failing_first(1, Retry_After="1")
    referral = await house.refer(WARD)
    async with house.sending():
        await referral.accept()
        await house.receiver.wait_for(1)
        (waiting,) = await until(lambda: _tried(house, mine))
        assert (waiting["status"], waiting["outcome"]) == ("pending", "bad_status")
        await house.receiver.wait_for(2)
    first, second = (
        datetime.fromisoformat(message.body["timestamp"]) for message in house.receiver.messages
    )
    due = datetime.fromisoformat(waiting["next_attempt_at"])
    assert first + timedelta(seconds=1) <= due <= second


async def test_gone_disables_the_endpoint_until_it_is_enabled_again(house: House) -> None:
    mine = await house.listen(WARD)
    house.receiver.answer = always(410)
    referral = await house.refer(WARD)
    await referral.accept()
    await referral.attempt()
    async with house.sending():
        log = await house.settled(WARD, mine, 2)
        assert [entry["outcome"] for entry in log] == ["endpoint_gone", "endpoint_disabled"]
        await referral.reach()
        shown = await house.call("GET", WARD, mine)
        assert (shown.json()["enabled"], shown.json()["disabled_because"]) == (
            False,
            "endpoint_gone",
        )
        refused = await house.call("POST", WARD, mine, "deliveries", log[0]["id"], "resend")
        assert refused.status_code == 409
        house.receiver.answer = always(204)
        body = {"url": shown.json()["url"]}
        enabled = await house.call("PUT", WARD, mine, json=body, If_Match=shown.headers["etag"])
        assert (enabled.json()["enabled"], enabled.json()["disabled_because"]) == (True, None)
        await referral.close()
        messages = await house.receiver.wait_for(2)
        await asyncio.sleep(0.1)
    assert [message.status for message in messages] == [("accepted", "contact_attempted"),
                                                        ("completed", "ended")]  # fmt: skip


async def test_messages_of_one_referral_keep_their_order_and_wait_for_nobody_else(
    house: House,
) -> None:
    mine = await house.listen(WARD)
    referrals = [await house.refer(WARD) for _ in range(4)]
    stubborn = str(referrals[0].referral_id)
    tries: dict[str, int] = {}

    async def moody(message: Message) -> Response:
        tries[message.id] = tries.get(message.id, 0) + 1
        await asyncio.sleep(0.01)
        refuse = message.referral == stubborn and tries[message.id] < 4
        return Response(status_code=500 if refuse else 204)

    house.receiver.answer = moody
    async with house.sending(), house.sending():
        for referral in referrals:
            await referral.accept()
        await house.receiver.wait_for(4)
        for referral in referrals:
            await referral.attempt()
            await referral.close()
        await house.settled(WARD, mine, 12)
    assert house.receiver.most_in_flight == 1
    for referral in referrals:
        told = [m for m in house.receiver.messages if m.referral == str(referral.referral_id)]
        ids = list(dict.fromkeys(message.id for message in told))
        assert [m.id for m in told] == sorted((m.id for m in told), key=ids.index)
        assert told[-1].status == ("completed", "ended")


async def test_a_message_that_may_have_arrived_is_followed_by_the_truth(house: House) -> None:
    mine = await house.listen(WARD)
    house.receiver.answer = failing_first(1, Retry_After="3600")
    referral = await house.refer(WARD)
    async with house.sending():
        await referral.accept()
        await until(lambda: _tried(house, mine))
        await house.service.rows("UPDATE referrals SET status = 'requested', team = NULL")
        await house.service.rows("UPDATE webhook_deliveries SET due_at = now()")
        await house.settled(WARD, mine)
    assert [message.status[0] for message in house.receiver.messages] == ["accepted", "requested"]


async def test_a_delivery_can_be_sent_again_under_its_id(house: House) -> None:
    mine = await house.listen(WARD)
    referral = await house.refer(WARD)
    async with house.sending():
        await referral.accept()
        (first,) = await house.settled(WARD, mine)
        await referral.close()
        await house.settled(WARD, mine, 2)
        answer = await house.call("POST", WARD, mine, "deliveries", first["id"], "resend")
        assert (answer.status_code, answer.json()["status"]) == (202, "pending")
        messages = await house.receiver.wait_for(3)
        (again, _) = await house.settled(WARD, mine, 2)
    assert [message.id for message in messages][0::2] == [first["id"]] * 2
    assert messages[2].status == ("completed", "ended")
    assert (again["status"], again["attempts"]) == ("delivered", 1)


async def test_what_was_dropped_is_sent_when_it_is_asked_for(house: House) -> None:
    mine = await house.listen(WARD)
    referral = await house.refer(WARD)
    await referral.accept()
    await referral.close()
    async with house.sending():
        _, dropped = await house.settled(WARD, mine, 2)
        assert dropped["status"] == "superseded"
        await house.call("POST", WARD, mine, "deliveries", dropped["id"], "resend")
        messages = await house.receiver.wait_for(2)
    assert (messages[1].id, messages[1].status) == (dropped["id"], ("completed", "ended"))


async def test_a_resent_message_waits_for_the_one_on_its_way(house: House) -> None:
    mine = await house.listen(WARD)
    referral, other = await house.refer(WARD), await house.refer(WARD)
    arrived = asyncio.Event()

    async def slowly(message: Message) -> Response:
        if message.referral == str(referral.referral_id):
            await held(arrived)
        return Response(status_code=204)

    async with house.sending():
        await referral.accept()
        (first,) = await house.settled(WARD, mine)
        house.receiver.answer = slowly
        await referral.close()
        await house.receiver.wait_for(2)
        await house.call("POST", WARD, mine, "deliveries", first["id"], "resend")
        await other.accept()
        assert (await house.receiver.wait_for(3))[2].referral == str(other.referral_id)
        arrived.set()
        messages = await house.receiver.wait_for(4)
    assert messages[3].id == first["id"]
    assert house.receiver.most_in_flight == 1


async def test_resending_a_message_that_waits_makes_it_due_now(house: House) -> None:
    mine = await house.listen(WARD)
    house.receiver.answer = failing_first(1, Retry_After="3600")
    referral = await house.refer(WARD)
    async with house.sending():
        await referral.accept()
        (waiting,) = await until(lambda: _tried(house, mine))
        await house.call("POST", WARD, mine, "deliveries", waiting["id"], "resend")
        (done,) = await house.settled(WARD, mine)
    assert (done["status"], done["attempts"]) == ("delivered", 2)


async def test_several_senders_send_each_message_once(opened: Opened) -> None:
    async with opened(webhook_in_flight=4) as house:
        mine = await house.listen(WARD)
        await house.listen(WARD, "/second")
        referrals = [await house.refer(WARD) for _ in range(15)]
        async with house.sending(), house.sending(), house.sending():
            await asyncio.gather(*(referral.accept() for referral in referrals))
            await house.receiver.wait_for(30)
            await house.settled(WARD, mine, 15)
            await asyncio.sleep(0.1)
        told = [(message.path, message.referral) for message in house.receiver.messages]
        assert len(told) == len(set(told)) == 30
