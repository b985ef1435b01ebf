"""A referral by each kind of partner reaches a worker, a report, its sender and one trace."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import jsonschema
import pytest
from aiokafka import ConsumerRecord

from deploy.demo.referrals import referrals
from deploy.local.spans import Span, first_trace_of, read_spans, services_in, tree
from services.analytics.reports.client_flow import COUNTS
from shared.contracts.generate import published_events, schema_of
from shared.contracts.topics import ALL
from shared.messages import headers_of
from shared.settings import KafkaSettings
from tests.support.bodies import referral_body
from tests.support.house import House, eventually
from tests.support.topics import read_all

pytestmark = pytest.mark.kafka_too

FINLAND = ZoneInfo("Europe/Helsinki")
TODAY = datetime.now(FINLAND).date()
TAMPERE = "837"
ENOUGH_OF_A_TYPE = 50
NOBODY = dict.fromkeys(COUNTS, 0)
PRISON = {
    "source_kind": "prison",
    "referrals": 0,
    "accepted": 0,
    "redirected": 0,
    "waitlisted": 0,
    "cancelled": 0,
    "share": 1.0,
}
"""A row of the report on sources that are prisons alone."""


async def case_of(house: House, referral_id: str) -> dict[str, Any]:
    """The case that answers a referral, once there is one."""

    async def look() -> dict[str, Any] | None:
        cursor = None
        while True:
            query = {"limit": 200} | ({"cursor": cursor} if cursor else {})
            page = (await house.get("admin", "caseload", "/v1/cases", **query)).json()
            for case in page["items"]:
                if referral_id in case["referral_ids"]:
                    found: dict[str, Any] = case
                    return found
            cursor = page["next"]
            if cursor is None:
                return None

    return await eventually(look)


async def status_seen(house: House, who: str, referral_id: str) -> str:
    answer = await house.get(who, "referral", f"/v1/referrals/{referral_id}")
    return str(answer.json()["status"])


async def wait_for_status(house: House, who: str, referral_id: str, status: str) -> None:
    async def look() -> bool:
        return await status_seen(house, who, referral_id) == status

    await eventually(look)


async def report(house: House, name: str, team: str) -> dict[str, Any]:
    period = {"from": str(TODAY), "to": str(TODAY)}
    answer = await house.get("admin", "analytics", f"/v1/reports/{name}", **period, team=team)
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("who", ["landlord", "prison", "ward", "social-office", "self-service"])
async def test_each_kind_of_partner_reaches_a_worker_who_is_explained(
    house: House, who: str
) -> None:
    body = referrals(TODAY)[who]
    body["client"].pop("identity_code", None)
    body["client"]["whereabouts"] = "Keskusta"
    case = await case_of(house, await house.refer(who, body))
    assert case["status"] == "assigned"
    assert case["workers"]
    assert case["contact_due_at"] > case["opened_at"]
    explained = (await house.get("admin", "caseload", f"/v1/cases/{case['id']}/assignment")).json()
    chosen = {c["worker"] for c in explained["candidates"] if c["chosen"]}
    assert chosen == set(case["workers"])
    assert all(candidate["why"] for candidate in explained["candidates"])


async def test_the_work_of_the_team_comes_back_to_the_sender(house: House) -> None:
    referral_id = await house.refer("ward", referral_body())
    case = await case_of(house, referral_id)
    await wait_for_status(house, "ward", referral_id, "accepted")
    path = f"/v1/cases/{case['id']}"
    for action, sent, status in (
        ("contact-attempts", {"channel": "phone", "outcome": "no_answer"}, "accepted"),
        ("contact-attempts", {"channel": "outreach", "outcome": "reached"}, "in-progress"),
        ("close", {"reason": "moved_away"}, "completed"),
    ):
        version = (await house.get("lead", "caseload", path)).headers["etag"]
        body: dict[str, str] = dict(sent)
        if action == "contact-attempts":
            body["at"] = datetime.now(FINLAND).isoformat()
        done = await house.post("lead", "caseload", f"{path}/{action}", body, If_Match=version)
        assert done.status_code < 300, done.text
        await wait_for_status(house, "ward", referral_id, status)


async def test_the_reports_count_what_was_sent(house: House) -> None:
    team = await house.new_team(county="08", municipality=TAMPERE)
    body = referral_body(client={"municipality": TAMPERE})
    sent = [await house.refer("prison", body) for _ in range(6)]

    async def told(flow: dict[str, int], source: dict[str, int]) -> None:
        async def look() -> bool:
            now = await report(house, "client-flow", team)
            rows = (await report(house, "referral-sources", team))["data"]["rows"]
            return now["data"] == NOBODY | flow and rows == [PRISON | source]

        await eventually(look)

    await told(
        {"distinct_clients": 6, "new": 6, "new_continuing": 6, "open_at_end": 6},
        {"referrals": 6, "accepted": 6},
    )
    path = f"/v1/referrals/{sent[0]}/cancel"
    etag = (await house.get("prison", "referral", f"/v1/referrals/{sent[0]}")).headers["etag"]
    reason = {"reason": "helped_elsewhere"}
    taken_back = await house.post("prison", "referral", path, reason, If_Match=etag)
    assert taken_back.status_code == 200, taken_back.text
    still_open = {"new_continuing": 5, "open_at_end": 5}
    await told(
        {"distinct_clients": 6, "new": 6, "new_ended": 1, "ended": 1} | still_open,
        {"referrals": 6, "accepted": 6, "cancelled": 1},
    )


async def test_one_trace_leads_from_the_request_through_every_service(house: House) -> None:
    sent = await house.post("ward", "referral", "/v1/referrals", referral_body())
    referral_id = sent.json()["id"]
    trace_id = sent.headers["traceresponse"].split("-")[1]

    expected = {
        "publish nopsa.referral.v1",
        "process nopsa.referral.received.v1",
        "publish nopsa.case.v1",
        "process nopsa.case.assigned.v1",
    }

    async def whole() -> list[Span] | None:
        """The roots, once all is there: a span is written when it ends, after those in it."""
        roots = tree(read_spans(house.stack.span_dir), trace_id)
        names = {span.name for span in flatten(roots)}
        services = services_in(roots) >= {"referral", "caseload", "analytics"}
        return roots if services and len(roots) == 1 and names >= expected else None

    roots = await eventually(whole)
    assert [root.name for root in roots] == ["POST /v1/referrals"]
    assert first_trace_of(read_spans(house.stack.span_dir), referral_id) == trace_id
    drawn = await asyncio.to_thread(draw, referral_id, house.stack.data_dir)
    assert trace_id in drawn
    assert "caseload process nopsa.referral.received.v1" in drawn


def draw(referral_id: str, data_dir: Path) -> str:
    """What `nopsa trace` prints."""
    command = [sys.executable, "-m", "deploy.cli.main", "trace", referral_id]
    done = subprocess.run(
        [*command, "--data-dir", str(data_dir)], capture_output=True, text=True, check=True
    )
    return done.stdout


def flatten(spans: list[Span]) -> list[Span]:
    return [found for span in spans for found in (span, *flatten(span.children))]


async def test_an_outside_consumer_reads_what_the_contracts_promise(
    house: House, topics: KafkaSettings
) -> None:
    referral_id = await house.refer("prison", referral_body())
    await case_of(house, referral_id)
    records = await read_all(topics, ALL, enough=_has_assignment_of(referral_id))
    keys = {}
    seen: Counter[str] = Counter()
    for record in records:
        headers = headers_of(record)
        data = json.loads(record.value)
        seen[headers["ce_type"]] += 1
        if seen[headers["ce_type"]] <= ENOUGH_OF_A_TYPE:
            jsonschema.validate(data, schema_of(headers["ce_type"], _event(headers["ce_type"])))
        assert headers["ce_specversion"] == "1.0"
        assert headers["content-type"] == "application/json"
        assert UUID(headers["ce_id"]).version == 7
        assert headers["ce_subject"] == data["aggregate_id"]
        assert headers["traceparent"]
        assert [name for name, _ in record.headers].count("traceparent") == 1
        if "client_ref" in data:
            keys[data["client_ref"]] = record.key.decode()
    assert all(client_ref == key for client_ref, key in keys.items())


def _event(event_type: str) -> Any:
    return published_events()[event_type]


def _has_assignment_of(referral_id: str) -> Callable[[list[ConsumerRecord]], bool]:
    def enough(records: list[ConsumerRecord]) -> bool:
        return any(
            headers_of(record)["ce_type"] == "nopsa.case.assigned.v1"
            and referral_id in record.value.decode()
            for record in records
        )

    return enough


async def test_a_consent_to_tell_the_landlord_reaches_its_view_and_leaves_it_again(
    house: House,
) -> None:
    referral_id = await house.refer("landlord", referral_body())
    case = await case_of(house, referral_id)
    given = await house.post(
        "worker",
        "consent",
        "/v1/consents",
        {
            "client_ref": case["client_ref"],
            "direction": "to_partner",
            "partner": house.stack.clients["landlord"]["org"],
            "facts": ["contacted"],
            "scope": "general",
            "given_by": "client",
            "form": "paper_signed",
            "recorded_by": house.stack.clients["worker"]["worker"],
        },
    )
    assert given.status_code == 201, given.text
    version = (await house.get("lead", "caseload", f"/v1/cases/{case['id']}")).headers["etag"]
    await house.post(
        "lead",
        "caseload",
        f"/v1/cases/{case['id']}/contact-attempts",
        {"channel": "visit", "outcome": "reached", "at": datetime.now(FINLAND).isoformat()},
        If_Match=version,
    )
    await _wait_for_business_status(house, referral_id, "contacted")
    revoked = await house.post(
        "worker",
        "consent",
        f"/v1/consents/{given.json()['id']}/revoke",
        {},
        If_Match=given.headers["etag"],
    )
    assert revoked.status_code == 200, revoked.text
    await _wait_for_business_status(house, referral_id, None)


async def _wait_for_business_status(house: House, referral_id: str, told: str | None) -> None:
    async def look() -> bool:
        answer: httpx.Response = await house.get(
            "landlord", "referral", f"/v1/referrals/{referral_id}"
        )
        body = answer.json()
        assert body["status"] == "requested"
        return bool(body["business_status"] == told)

    await eventually(look)
