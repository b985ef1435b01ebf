"""What the Kafka client itself cannot read is set aside like any other poison, and nothing is lost
with it."""

from uuid import uuid4

from shared.messages import headers_of
from shared.relay import Relay
from tests.integration.platform.test_consumer import raw
from tests.support.happenings import Lab, running
from tests.support.raw_batches import send_unreadable


async def test_a_header_name_that_is_no_text_stops_no_partition(lab: Lab) -> None:
    good = [raw(lab, uuid4(), 1) for _ in range(4)]
    async with lab.producer() as producer:
        for place, (key, value, headers) in enumerate(good):
            if place == 2:
                await send_unreadable(producer, lab.topic, 0)
            await producer.send_and_wait(lab.topic, value, key, headers=headers, partition=0)
    async with running(lab.consumer(), Relay(lab.settings)):
        await lab.wait_for_effects(4)
        (letter,) = await lab.dead_letters(1)
    assert len(await lab.effects()) == 4
    assert headers_of(letter)["dlq_reason"] == "unreadable"
    assert headers_of(letter)["dlq_offset"] == "2"
