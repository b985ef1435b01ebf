"""What a partner's endpoint is told, what not, and what is noted of it."""

import asyncio
from datetime import datetime, timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.referral.webhooks import metrics, upkeep
from tests.integration.referral.webhooks.house import House, until
from tests.support.bodies import IDENTITY_CODES
from tests.support.receiver import failing_first

WARD = "hospital_ward"


async def test_an_authority_is_told_each_change_as_it_may_see_it(house: House) -> None:
    mine = await house.listen(WARD)
    referral = await house.refer(WARD)
    async with house.sending():
        for nth, step in enumerate((referral.accept, referral.attempt, referral.close), 1):
            await step()
            message = (await house.receiver.wait_for(nth))[-1]
            assert message.status == await referral.seen()
    assert [message.status for message in house.receiver.messages] == [
        ("accepted", None),
        ("accepted", "contact_attempted"),
        ("completed", "ended"),
    ]
    body = message.body
    assert set(body) == {"type", "timestamp", "data"}
    assert set(body["data"]) == {"id", "reference", "status", "business_status"}
    assert body["type"] == "referral.status_changed"
    assert body["data"]["id"] == str(referral.referral_id)
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() == timedelta()
    assert message.headers["content-type"] == "application/json"
    assert message.verified_by == tuple(house.receiver.secrets)
    log = await house.settled(WARD, mine, 3)
    assert [entry["id"] for entry in log] == [message.id for message in house.receiver.messages]
    assert {(entry["status"], entry["attempts"], entry["response_status"]) for entry in log} == {
        ("delivered", 1, 204)
    }
    assert "body" not in log[0]


async def test_an_authority_without_consent_is_told_the_status_alone(house: House) -> None:
    await house.listen("prison")
    referral = await house.refer("prison", lawful_basis="duty_to_notify", no_consent_reason="Huoli")
    async with house.sending():
        await referral.accept()
        await house.receiver.wait_for(1)
        await referral.attempt()
        await referral.reach()
        await referral.close()
        messages = await house.receiver.wait_for(2)
        await asyncio.sleep(0.1)
    assert [m.status for m in messages] == [("accepted", None), ("completed", None)]


async def test_a_landlord_is_told_nothing_whoever_the_person_is(house: House) -> None:
    await house.listen("landlord")
    known = {"client": {"identity_code": IDENTITY_CODES[0]}}
    first = await house.refer(WARD, **known)
    await first.walk()
    async with house.sending():
        for changes in (known, {"client": {"identity_code": IDENTITY_CODES[1]}}, {}):
            for basis in ("consent", "private_notifier"):
                referral = await house.refer("landlord", lawful_basis=basis, **changes)
                await referral.walk()
                await referral.revoke(await referral.consent())
        await asyncio.sleep(0.2)
    assert house.receiver.messages == []
    assert await house.service.count("webhook_deliveries") == 0


async def test_a_landlord_is_told_what_the_client_lets_it_know_and_no_more(house: House) -> None:
    mine = await house.listen("landlord")
    referral = await house.refer("landlord")
    await referral.accept()
    await referral.reach()
    async with house.sending():
        consent_id = await referral.consent("contacted")
        (message,) = await house.receiver.wait_for(1)
        assert message.status == ("requested", "contacted") == await referral.seen()
        await referral.close()
        await referral.revoke(consent_id)
        await referral.attempt()
        await asyncio.sleep(0.2)
    assert house.receiver.messages == [message]
    assert len(await house.log("landlord", mine)) == 1


async def test_a_denial_silences_and_lifting_it_tells_what_may_be_known_again(
    house: House,
) -> None:
    await house.listen("landlord")
    referral = await house.refer("landlord")
    await referral.accept()
    await referral.consent("contacted", "ended")
    denial_id = await referral.deny()
    await referral.reach()
    async with house.sending():
        await asyncio.sleep(0.2)
        assert house.receiver.messages == []
        await referral.lift(denial_id)
        (message,) = await house.receiver.wait_for(1)
        assert message.status == ("requested", "contacted") == await referral.seen()


async def test_a_consent_that_ends_before_the_sending_leaves_no_trace(house: House) -> None:
    mine = await house.listen("landlord")
    referral = await house.refer("landlord")
    await referral.accept()
    consent_id = await referral.consent("contacted", "ended")
    await referral.reach()
    await referral.revoke(consent_id)
    (queued,) = await house.service.rows("SELECT id FROM webhook_deliveries")
    async with house.sending():
        await until(lambda: house.service.rows(
            "SELECT 1 FROM webhook_deliveries WHERE state = 'superseded'"
        ))  # fmt: skip
    assert await house.log("landlord", mine) == []
    again = await house.call("POST", "landlord", mine, "deliveries", str(queued["id"]), "resend")
    assert again.status_code == 404
    assert house.receiver.messages == []


async def test_what_is_sent_is_what_may_be_seen_then_and_what_it_overtook_is_dropped(
    house: House,
) -> None:
    mine = await house.listen(WARD)
    referral = await house.refer(WARD)
    await referral.accept()
    await referral.attempt()
    await referral.reach()
    async with house.sending():
        log = await house.settled(WARD, mine, 3)
    assert [message.status for message in house.receiver.messages] == [("in-progress", "contacted")]
    assert [(entry["status"], entry["outcome"]) for entry in log] == [
        ("delivered", "delivered"),
        ("superseded", "nothing_new"),
        ("superseded", "nothing_new"),
    ]


async def test_a_suspended_partners_messages_wait(house: House) -> None:
    await house.listen(WARD)
    referral = await house.refer(WARD)
    await referral.accept()
    await house.service.rows("UPDATE partners SET suspended = true")
    async with house.sending():
        await asyncio.sleep(0.2)
        assert house.receiver.messages == []
        await house.service.rows("UPDATE partners SET suspended = false")
        await house.receiver.wait_for(1)


async def test_that_a_consent_ended_is_not_told_either(house: House) -> None:
    mine = await house.listen("landlord")
    referral = await house.refer("landlord")
    await referral.accept()
    await referral.reach()
    async with house.sending():
        consent_id = await referral.consent("contacted", "ended")
        await house.settled("landlord", mine)
    await referral.close()
    await referral.revoke(consent_id)
    async with house.sending():
        await until(lambda: house.service.rows(
            "SELECT 1 FROM webhook_deliveries WHERE state = 'superseded'"
        ))  # fmt: skip
    assert [message.status[1] for message in house.receiver.messages] == ["contacted"]


async def test_every_message_is_logged_as_a_disclosure(house: House) -> None:
    await house.listen(WARD)
    referral = await house.refer(WARD)
    async with house.sending():
        await referral.accept()
        await house.receiver.wait_for(1)
    (row,) = await house.service.rows("SELECT * FROM audit WHERE action = 'referral.notify'")
    assert row["subject_id"] == referral.referral_id
    assert row["client_ref"] == referral.client_ref
    assert row["actor_org"] == house.service.partners[WARD]
    assert row["basis"] == "consent"


async def test_a_look_at_the_log_of_messages_is_a_look_at_the_referrals_in_it(
    house: House,
) -> None:
    mine = await house.listen(WARD)
    referral = await house.refer(WARD)
    async with house.sending():
        await referral.accept()
        await house.receiver.wait_for(1)
    query = "SELECT * FROM audit WHERE action = 'referral.read'"
    before = len(await house.service.rows(query))
    await house.log(WARD, mine)
    rows = await house.service.rows(f"{query} ORDER BY id")
    assert len(rows) == before + 1
    assert rows[-1]["client_ref"] == referral.client_ref


async def test_the_sending_belongs_to_the_trace_of_its_cause(house: House) -> None:
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    kept = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    mine = await house.listen(WARD)
    referral = await house.refer(WARD)
    with trace.get_tracer("test").start_as_current_span("cause") as cause:
        await referral.accept()
    async with house.sending():
        (entry,) = await house.settled(WARD, mine)
    (sent,) = [span for span in kept.get_finished_spans() if span.name == "send webhook"]
    assert sent.context.trace_id == cause.get_span_context().trace_id
    assert sent.parent is not None
    assert sent.parent.span_id == cause.get_span_context().span_id
    attributes = dict(sent.attributes or {})
    assert attributes["nopsa.delivery_id"] == entry["id"]
    assert attributes["nopsa.outcome"] == "delivered"
    assert not any(house.receiver.url in str(value) for value in attributes.values())
    assert "traceparent" not in house.receiver.messages[0].headers


async def test_the_metrics_tell_outcomes_and_what_waits(house: House) -> None:
    await house.listen(WARD)
    house.receiver.answer = failing_first(2)
    referral = await house.refer(WARD)
    await referral.accept()
    await house.service.rows("UPDATE webhook_deliveries SET due_at = due_at - interval '90 s'")
    async with house.database.sessions() as session, session.begin():
        await upkeep.measure(session)
    assert metrics.OLDEST_DUE._value.get() == pytest.approx(90, abs=5)
    before = {name: _count(name) for name in ("delivered", "bad_status")}
    async with house.sending():
        await house.receiver.wait_for(3)
        await until(lambda: _is(_count("delivered") > before["delivered"]))
    assert _count("bad_status") - before["bad_status"] == 2
    async with house.database.sessions() as session, session.begin():
        await upkeep.measure(session)
    assert metrics.OLDEST_DUE._value.get() == 0


def _count(outcome: str) -> float:
    return float(metrics.DELIVERIES.labels(outcome)._value.get())


async def _is(true: bool) -> bool:
    return true


async def test_the_log_forgets_what_ended_long_ago(house: House) -> None:
    mine = await house.listen(WARD)
    referral = await house.refer(WARD)
    await referral.accept()
    async with house.sending():
        await house.settled(WARD, mine)
    await referral.close()
    await house.service.rows(
        "UPDATE webhook_deliveries SET created_at = created_at - interval '40 days', "
        "finished_at = finished_at - interval '40 days'"
    )
    async with house.database.sessions() as session, session.begin():
        await upkeep.prune(session, timedelta(days=30))
    assert [entry["status"] for entry in await house.log(WARD, mine)] == ["pending"]
