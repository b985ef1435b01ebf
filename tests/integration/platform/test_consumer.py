"""Every event is applied once and in order per key, among poison, faults and rebalances."""

import asyncio
import random
from collections import Counter, defaultdict
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.messages import PoisonError, Received, headers_of
from shared.relay import Relay
from tests.support.happenings import Lab, running

pytestmark = pytest.mark.kafka_too

Raw = tuple[bytes, bytes, list[tuple[str, bytes]]]


def raw(lab: Lab, key: UUID, version: int) -> Raw:
    """A valid message as bytes."""
    message = outbox.message(lab.data(key, version), key=key)
    headers = [(name, value.encode()) for name, value in message.headers]
    return message.key, message.value, headers


def poison(lab: Lab) -> list[tuple[str, Raw]]:
    """Ten messages that can never be applied, each with the reason that must be told."""
    key, value, headers = raw(lab, uuid4(), 1)

    def without(name: str) -> list[tuple[str, bytes]]:
        return [pair for pair in headers if pair[0] != name]

    def fresh_id() -> list[tuple[str, bytes]]:
        return [*without("ce_id"), ("ce_id", str(uuid4()).encode())]

    return [
        ("schema_violation", (key, b"not json", fresh_id())),
        ("schema_violation", (key, b"", fresh_id())),
        ("schema_violation", (key, b"[]", fresh_id())),
        ("schema_violation", (key, b'{"aggregate_id": 1}', fresh_id())),
        ("schema_violation", (key, b"\xff\xfe\x00", fresh_id())),
        ("schema_violation", (key, value.replace(b'"version":1', b'"version":0'), fresh_id())),
        ("header_missing", (key, value, without("ce_id"))),
        ("header_missing", (key, value, without("ce_type"))),
        ("header_missing", (b"\x00\x01", value, [])),
        ("header_missing", (key, value, [*without("ce_id"), ("ce_id", b"no uuid")])),
    ]


async def test_a_duplicate_is_applied_once(lab: Lab) -> None:
    key, value, headers = raw(lab, uuid4(), 1)
    async with lab.producer() as producer, running(lab.consumer()):
        for _ in range(5):
            await producer.send_and_wait(lab.topic, value, key, headers=headers)
        await lab.wait_for_effects(1)
        await asyncio.sleep(1)
    assert len(await lab.effects()) == 1


async def test_an_event_type_of_the_future_is_passed_over(lab: Lab) -> None:
    key, value, headers = raw(lab, uuid4(), 1)
    future = [(n, b"nopsa.case.teleported.v9" if n == "ce_type" else v) for n, v in headers]
    async with lab.producer() as producer, running(lab.consumer(), Relay(lab.settings)):
        await producer.send_and_wait(lab.topic, value, key, headers=future)
        await producer.send_and_wait(lab.topic, value, key, headers=headers)
        await lab.wait_for_effects(1)
    assert await lab.dead_letters(0) == []


async def test_a_transient_failure_holds_its_partition_until_it_passes(lab: Lab) -> None:
    key = uuid4()
    failures = iter([TimeoutError, ConnectionError, TimeoutError])

    async def flaky(session: AsyncSession, event: Received) -> None:
        failure = next(failures, None)
        if failure is not None:
            raise failure
        await lab.note(session, event)

    await lab.write(key, range(1, 6))
    async with running(lab.consumer(flaky), Relay(lab.settings)):
        await lab.wait_for_effects(5)
    assert [version for _, _, version in await lab.effects()] == [1, 2, 3, 4, 5]


async def test_a_fault_of_ours_sets_the_message_aside_after_some_tries(lab: Lab) -> None:
    tries: Counter[int] = Counter()

    async def faulty(session: AsyncSession, event: Received) -> None:
        tries[event.data.version] += 1
        if event.data.version == 2:
            raise ZeroDivisionError
        await lab.note(session, event)

    await lab.write(uuid4(), range(1, 4))
    async with running(lab.consumer(faulty), Relay(lab.settings)):
        await lab.wait_for_effects(2)
        letters = await lab.dead_letters(1)
    assert [version for _, _, version in await lab.effects()] == [1, 3]
    assert tries[2] == 5
    assert headers_of(letters[0])["dlq_reason"] == "handler_failed"
    assert headers_of(letters[0])["dlq_detail"] == "ZeroDivisionError"


@pytest.mark.parametrize("batch_size", [1, 50])
async def test_poison_flaky_and_duplicates_among_thousands_with_a_rebalance(
    lab: Lab, batch_size: int
) -> None:
    chance = random.Random(11)
    keys = [uuid4() for _ in range(150)]
    valid = {key: [raw(lab, key, version) for version in range(1, 17)] for key in keys}
    flaky = {(key, chance.randint(1, 16)): 3 for key in chance.sample(keys, 30)}
    bad = poison(lab)

    async def handler(session: AsyncSession, event: Received) -> None:
        place = (event.data.aggregate_id, event.data.version)
        if flaky.get(place, 0):
            flaky[place] -= 1
            raise TimeoutError
        await lab.note(session, event)

    first = lab.consumer(handler, batch_size=batch_size)
    second = lab.consumer(handler, batch_size=batch_size)
    async with lab.producer() as producer, running(first, Relay(lab.settings)):
        await _send_shuffled(lab, producer, valid, [message for _, message in bad], chance)
        await lab.wait_for_effects(300)
        async with running(second):
            await lab.wait_for_effects(1200)
        await lab.wait_for_effects(150 * 16, seconds=120)
        letters = await lab.dead_letters(len(bad))
    effects = await lab.effects()
    assert Counter((key, version) for _, key, version in effects) == Counter(
        {(key, version): 1 for key in keys for version in range(1, 17)}
    ), "each applied exactly once"
    per_key: dict[UUID, list[int]] = defaultdict(list)
    for _, key, version in effects:
        per_key[key].append(version)
    assert all(versions == sorted(versions) for versions in per_key.values())
    told = Counter(headers_of(letter)["dlq_reason"] for letter in letters)
    assert told == Counter(reason for reason, _ in bad)
    assert {letter.value or b"" for letter in letters} == {message[1] for _, message in bad}


async def _send_shuffled(
    lab: Lab,
    producer: AIOKafkaProducer,
    valid: dict[UUID, list[Raw]],
    bad: list[Raw],
    chance: random.Random,
) -> None:
    """Sends every key's messages in order, keys mixed, some twice, with poison in between."""
    turns = [key for key, messages in valid.items() for _ in messages]
    chance.shuffle(turns)
    nth: Counter[UUID] = Counter()
    poison_at = set(chance.sample(range(len(turns)), len(bad)))
    left = iter(bad)
    for turn, key in enumerate(turns):
        message = valid[key][nth[key]]
        nth[key] += 1
        await _send(lab, producer, message)
        if chance.random() < 0.1:
            await _send(lab, producer, message)
        if turn in poison_at:
            await _send(lab, producer, next(left))
    await producer.flush()


async def _send(lab: Lab, producer: AIOKafkaProducer, message: Raw) -> None:
    key, value, headers = message
    await producer.send(lab.topic, value, key, headers=headers)


async def test_a_handler_may_say_that_a_message_is_poison(lab: Lab) -> None:
    async def refuses(_: AsyncSession, __: Received) -> None:
        raise PoisonError("not_ours", "unknown aggregate")

    await lab.write(uuid4(), [1])
    async with running(lab.consumer(refuses), Relay(lab.settings)):
        letters = await lab.dead_letters(1)
    assert headers_of(letters[0])["dlq_reason"] == "not_ours"
    assert headers_of(letters[0])["dlq_topic"] == lab.topic
    assert lab.happened.model_validate_json(letters[0].value).version == 1
