"""PostgreSQL and the broker stop under load and come back: nothing that was accepted is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import httpx
import pytest
from aiokafka import ConsumerRecord

from shared.messages import headers_of
from shared.settings import KafkaSettings
from tests.support.bodies import referral_body
from tests.support.house import House, eventually
from tests.support.topics import read_all

pytestmark = pytest.mark.kafka_too

ELSEWHERE = "049"
"""A municipality that no team of the demo region covers: its people wait, and fill no worker."""
PLACED = {"nopsa.case.referral-accepted.v1", "nopsa.case.waitlisted.v1"}


class Sender:
    """A partner that sends all the time and repeats whatever was not answered with a receipt."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.accepted: list[str] = []
        self.refusals: Counter[int] = Counter()
        self.retry_after: set[str | None] = set()

    async def run(self) -> None:
        while True:
            await self._send_until_taken()
            await asyncio.sleep(0.1)

    async def _send_until_taken(self) -> None:
        key = str(uuid4())
        body = referral_body(external_id=key, client={"municipality": ELSEWHERE})
        while True:
            with suppress(httpx.TransportError):
                answer = await self._house.post(
                    "prison", "referral", "/v1/referrals", body, Idempotency_Key=key
                )
                if answer.status_code in (200, 201):
                    self.accepted.append(answer.json()["id"])
                    return
                self.refusals[answer.status_code] += 1
                self.retry_after.add(answer.headers.get("retry-after"))
            await asyncio.sleep(0.2)


@asynccontextmanager
async def sending(house: House, senders: int = 4) -> AsyncIterator[Sender]:
    """Partners sending for a while."""
    house.headers("prison")
    sender = Sender(house)
    tasks = [asyncio.create_task(sender.run()) for _ in range(senders)]
    try:
        yield sender
        await _growing(sender)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _growing(sender: Sender) -> None:
    """Waits until referrals are taken again."""
    before = len(sender.accepted)

    async def more() -> bool:
        return len(sender.accepted) >= before + 10

    await eventually(more, seconds=40)


async def readiness(house: House) -> httpx.Response:
    return await house.http.get(house.stack.urls["referral"] + "/readyz")


async def everyone_has_one_place(topics: KafkaSettings, accepted: list[str]) -> None:
    """Whether an outside consumer sees every referral placed exactly once."""
    placed: dict[str, str] = {}

    def enough(records: list[ConsumerRecord]) -> bool:
        for record in records:
            headers = headers_of(record)
            if headers["ce_type"] in PLACED:
                placed[headers["ce_id"]] = headers["ce_correlationid"]
        return set(accepted) <= set(placed.values())

    await read_all(topics, ["nopsa.case.v1"], enough=enough, seconds=90)
    counts = Counter(placed.values())
    assert [one for one in accepted if counts[one] == 0] == [], "lost"
    assert [one for one in accepted if counts[one] > 1] == [], "doubled"


async def test_postgresql_stops_and_starts_under_load(house: House, topics: KafkaSettings) -> None:
    async with sending(house) as sender:
        await _growing(sender)
        await asyncio.to_thread(house.stack.supervisor.stop, "postgres")

        async def refused() -> bool:
            return sender.refusals[503] > 3

        await eventually(refused)
        ready = await readiness(house)
        assert (ready.status_code, ready.json()["failing"]) == (503, ["postgres"])
        assert ready.headers["retry-after"]
        await asyncio.to_thread(house.stack.supervisor.start, "postgres")
    assert set(sender.refusals) <= {503, 409}
    assert None not in sender.retry_after
    await everyone_has_one_place(topics, sender.accepted)


async def test_the_broker_stops_and_starts_under_load(house: House, topics: KafkaSettings) -> None:
    async with sending(house) as sender:
        await _growing(sender)
        await asyncio.to_thread(house.stack.supervisor.stop, "broker")
        await _growing(sender)
        ready = await readiness(house)
        assert (ready.status_code, ready.json()["failing"]) == (200, ["broker"])
        assert ready.json()["status"] == "degraded"
        await asyncio.to_thread(house.stack.supervisor.start, "broker")
    assert sender.refusals == Counter(), "referrals are taken without the broker"
    await everyone_has_one_place(topics, sender.accepted)
