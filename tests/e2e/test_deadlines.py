"""A deadline that passed, as an outside consumer and the worker learn of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord

from shared import outbox
from shared.contracts.referral import ReferralReceived
from shared.contracts.topics import CASE
from shared.messages import headers_of
from shared.settings import KafkaSettings
from tests.integration.caseload.conftest import referral
from tests.support.house import House, eventually
from tests.support.topics import read_all

pytestmark = pytest.mark.kafka_too

WORKER = "01980000-0000-7000-8000-000000000301"
"""Whom the demo region's client `worker` is."""
TRACE = ["traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]


async def refer_long_ago(topics: KafkaSettings) -> ReferralReceived:
    """A referral that the referral service took months ago, of a person over 75, comes only now."""
    received_at = datetime.now(UTC) - timedelta(days=120)
    data = referral(received_at=received_at, age_group="over_75")
    message = outbox.message(data, key=data.client_ref)
    headers = [(name, value.encode()) for name, value in [*message.headers, TRACE]]
    producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap)
    await producer.start()
    try:
        sent = {"key": message.key, "value": message.value, "headers": headers}
        await producer.send_and_wait(message.topic, **sent)
    finally:
        await producer.stop()
    return data


async def case_of(house: House, referral_id: UUID) -> dict[str, Any]:
    """The case that answers the referral, once it is told to be overdue."""

    async def look() -> dict[str, Any] | None:
        answer = await house.get("lead", "caseload", "/v1/cases", due="overdue", limit=200)
        cases: list[dict[str, Any]] = answer.json()["items"]
        return next((case for case in cases if str(referral_id) in case["referral_ids"]), None)

    return await eventually(look)


async def test_a_referral_that_came_too_late_is_told_once_and_is_first_on_the_list(
    house: House, topics: KafkaSettings
) -> None:
    data = await refer_long_ago(topics)
    case = await case_of(house, data.aggregate_id)
    await give_to_the_worker(house, case["id"])

    def overdue(records: list[ConsumerRecord]) -> list[dict[str, Any]]:
        ours = [record for record in records if record.key == str(data.client_ref).encode()]
        told = [(headers_of(record)["ce_type"], json.loads(record.value)) for record in ours]
        return [value | {"type": kind} for kind, value in told if "overdue" in kind]

    records = await read_all(topics, [CASE], enough=lambda found: len(overdue(found)) >= 2)
    contact, assessment = overdue(records)
    assert contact["type"] == "nopsa.case.contact-overdue.v1"
    assert contact["contact_due_at"] == case["contact_due_at"]
    assert assessment["type"] == "nopsa.case.assessment-overdue.v1"
    assert assessment["assessment_due_on"] == case["assessment_due_on"]
    assert {event["aggregate_id"] for event in (contact, assessment)} == {case["id"]}
    list_ = (await house.get("worker", "caseload", "/v1/worklist")).json()
    assert {(item["section"], item["what"]) for item in list_["items"][:2]} == {
        ("overdue", "contact"),
        ("overdue", "assessment"),
    }
    assert {item["case"] for item in list_["items"][:2]} == {case["id"]}
    again = await read_all(topics, [CASE], seconds=6)
    assert len(overdue(again)) == 2, "told once, although the sweep came by again"


async def give_to_the_worker(house: House, case_id: str) -> None:
    """The lead gives the case to the worker whose list is looked at; the clock goes on."""

    async def give() -> bool:
        read = await house.get("lead", "caseload", f"/v1/cases/{case_id}")
        if read.json()["workers"] == [WORKER]:
            return True
        body = {"worker": WORKER, "reason": "other", "override": True}
        etag = read.headers["etag"]
        path = f"/v1/cases/{case_id}/reassign"
        return (await house.post("lead", "caseload", path, body, If_Match=etag)).is_success

    await eventually(give)
