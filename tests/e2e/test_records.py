"""Documents on their way into two real record systems, each a process of its own."""

import asyncio
import json
import sqlite3
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from shared.contracts.disclosure import Disclosed
from shared.contracts.topics import DISCLOSURE
from shared.settings import KafkaSettings
from tests.support.house import House, eventually
from tests.support.topics import read_all

RECORDS = ("social", "health")
SECRET = "Suunnitelma, jota kukaan muu ei näe."


class Chart:
    """One client's documents in the running house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client_ref = str(uuid4())

    async def permit(self, direction: str = "social_to_health") -> dict[str, Any]:
        body = {
            "client_ref": self.client_ref,
            "direction": direction,
            "scope": "general",
            "given_by": "client",
            "form": "paper_signed",
            "recorded_by": self.house.stack.clients["worker"]["worker"],
        }
        answer = await self.house.post("worker", "consent", "/v1/consents", body)
        answer.raise_for_status()
        return dict(answer.json()) | {"etag": answer.headers["etag"]}

    async def revoke(self, consent: dict[str, Any]) -> None:
        path = f"/v1/consents/{consent['id']}/revoke"
        answer = await self.house.post("worker", "consent", path, None, If_Match=consent["etag"])
        answer.raise_for_status()

    async def write(self, kind: str = "joint_plan", content: str = SECRET) -> str:
        body = {
            "client_ref": self.client_ref,
            "kind": kind,
            "written_in": "social",
            "content": content,
        }
        answer = await self.house.post("worker", "consent", "/v1/documents", body)
        answer.raise_for_status()
        return str(answer.json()["id"])

    async def look(self, document_id: str) -> dict[str, Any]:
        answer = await self.house.get("worker", "consent", f"/v1/documents/{document_id}")
        return dict(answer.json())

    async def comes_to(self, document_id: str, state: str) -> dict[str, Any]:
        """The document once it stands so."""

        async def there() -> dict[str, Any] | None:
            shown = await self.look(document_id)
            return shown if shown["state"] == state else None

        return await eventually(there)

    def kept(self, record: str, document_id: str) -> list[dict[str, Any]]:
        """What a record system has of a document."""
        return self.rows(record, f"SELECT * FROM documents WHERE document_id = '{document_id}'")

    def rows(self, record: str, query: str) -> list[dict[str, Any]]:
        path = self.house.stack.data_dir / "lifecare" / f"{record}.db"
        with closing(sqlite3.connect(path)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query)]


@pytest.fixture
def chart(house: House) -> Chart:
    return Chart(house)


async def test_a_form_and_a_shared_plan_are_stored_in_both_records(chart: Chart) -> None:
    """The work pair's plan is one document of both records, and so is the client's permission."""
    assert {"lifecare-social", "lifecare-health"} <= set(chart.house.stack.pids())
    await chart.permit()
    for kind in ("consent_form", "joint_plan"):
        document_id = await chart.write(kind)
        shown = await chart.comes_to(document_id, "stored_in_both")
        for record in RECORDS:
            [row] = chart.kept(record, document_id)
            assert (row["content"].decode(), row["kind"]) == (SECRET, kind)
            assert (
                shown["stored"][record]["record_id"] == f"{record[:3].upper()}-{row['number']:06}"
            )


@pytest.mark.kafka_too
async def test_a_record_system_that_is_down_leaves_half_and_makes_it_whole_when_back(
    chart: Chart,
) -> None:
    supervisor = chart.house.stack.supervisor
    await chart.permit()
    await asyncio.to_thread(supervisor.kill, "lifecare-health", hold=True)
    try:
        documents = [await chart.write() for _ in range(3)]
        for document_id in documents:
            await chart.comes_to(document_id, "half_stored")
    finally:
        await asyncio.to_thread(supervisor.start, "lifecare-health")
    for document_id in documents:
        await chart.comes_to(document_id, "stored_in_both")
        assert len(chart.kept("health", document_id)) == 1


async def test_killed_again_and_again_it_stores_each_document_once(chart: Chart) -> None:
    supervisor = chart.house.stack.supervisor
    await chart.permit()
    documents = []
    for _ in range(2):
        documents += [await chart.write() for _ in range(4)]
        await asyncio.to_thread(supervisor.kill, "lifecare-health", hold=True)
        await asyncio.to_thread(supervisor.start, "lifecare-health")
    for document_id in documents:
        await chart.comes_to(document_id, "stored_in_both")
        assert len(chart.kept("health", document_id)) == 1


async def test_while_the_consent_service_is_down_it_waits_and_then_goes_on(chart: Chart) -> None:
    supervisor = chart.house.stack.supervisor
    await chart.permit()
    await asyncio.to_thread(supervisor.stop, *(f"lifecare-{record}" for record in RECORDS))
    document_id = await chart.write()
    await asyncio.to_thread(supervisor.stop, "consent")
    try:
        for record in RECORDS:
            await asyncio.to_thread(supervisor.start, f"lifecare-{record}")
        await asyncio.sleep(1.5)
        assert chart.kept("health", document_id) == []
    finally:
        await asyncio.to_thread(supervisor.start, "consent")
    await chart.comes_to(document_id, "stored_in_both")


async def test_what_is_withdrawn_is_taken_out_and_the_next_document_reaches_nobody(
    chart: Chart,
) -> None:
    consent = await chart.permit()
    stored = await chart.write()
    await chart.comes_to(stored, "stored_in_both")
    await chart.revoke(consent)

    async def taken_out() -> bool:
        [row] = chart.kept("health", stored)
        return row["content"] is None and row["withdrawn_at"] is not None

    await eventually(taken_out)
    assert (await chart.look(stored))["state"] == "withdrawn"
    assert chart.kept("social", stored)[0]["content"] is not None, "it is its own"
    following = await chart.write()
    shown = await chart.comes_to(following, "stored")
    assert shown["told"]["health"] is None
    assert chart.kept("health", following) == []


async def test_poison_and_repetitions_are_set_aside_and_the_rest_goes_on(
    chart: Chart, topics: KafkaSettings
) -> None:
    await chart.permit()
    document_id = await chart.write()
    await chart.comes_to(document_id, "stored_in_both")
    [before] = chart.kept("health", document_id)
    topic = "nopsa.record.health.v1"
    records = await read_all(topics, [topic], enough=lambda found: any(mine(found, chart)))
    [ready] = mine(records, chart)
    ready_type = [("ce_type", b"nopsa.record.health.document-ready.v1")]
    data = json.loads(ready.value)
    elsewhere = data | {"detail_url": "https://elsewhere.example/v1/documents/x", "version": 90}
    bad: list[tuple[bytes | None, list[tuple[str, bytes]]]] = [
        (b"\xff not json", ready_type),
        (b"[]", ready_type),
        (json.dumps({"aggregate_id": "x"}).encode(), ready_type),
        (json.dumps(elsewhere).encode(), ready_type),
        (json.dumps(data | {"version": 10**30}).encode(), ready_type),
        (json.dumps(data | {"kind": ["joint_plan"], "version": 91}).encode(), ready_type),
        (None, ready_type),
        (b"{}", []),
        (ready.value, [("ce_type", b"nopsa.record.social.document-ready.v1")]),
    ]
    producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap)
    await producer.start()
    try:
        for value, headers in bad:
            await producer.send_and_wait(topic, value, key=ready.key, headers=headers)
        newer = [("ce_type", b"nopsa.record.health.document-archived.v2")]
        await producer.send_and_wait(topic, b"{}", key=ready.key, headers=newer)
        await producer.send_and_wait(topic, ready.value, key=ready.key, headers=[*ready.headers])
    finally:
        await producer.stop()
    after = await chart.write()
    await chart.comes_to(after, "stored_in_both")
    set_aside = chart.rows("health", "SELECT reason FROM set_aside")
    assert len(set_aside) == len(bad)
    assert chart.kept("health", document_id) == [before]


def mine(records: list[Any], chart: Chart) -> list[Any]:
    return [record for record in records if record.key == chart.client_ref.encode()]


async def test_every_telling_and_every_reading_of_a_document_is_told_to_the_disclosure_log(
    chart: Chart, topics: KafkaSettings
) -> None:
    await chart.permit()
    document_id = await chart.write()
    await chart.comes_to(document_id, "stored_in_both")
    expected = {(act, record) for act in ("announce", "read", "receipt") for record in RECORDS}

    def told(records: list[Any]) -> set[tuple[str, str | None]]:
        events = (
            Disclosed.model_validate_json(record.value)
            for record in mine(records, chart)
            if b"nopsa.disclosure.disclosed.v1" in dict(record.headers).values()
        )
        return {
            (event.action.removeprefix("document."), event.org)
            for event in events
            if str(event.subject_id) == document_id
        }

    records = await read_all(topics, [DISCLOSURE], enough=lambda found: expected <= told(found))
    assert expected <= told(records)
