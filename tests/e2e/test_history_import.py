"""A county sends its past: the same events in their own days, and LiiTu's year in the reports."""

import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiokafka import ConsumerRecord

from deploy.cli.running import READY_FILE
from shared.contracts.generate import published_events, schema_of
from shared.contracts.topics import CASE, dead_letter
from shared.messages import headers_of
from shared.settings import KafkaSettings
from tests.support.history import liitu, ndjson, past_case
from tests.support.house import House, eventually
from tests.support.topics import read_all

pytestmark = pytest.mark.kafka_too

SATAKUNTA, RAUMA = "06", "684"
CENTRAL_FINLAND, JYVASKYLA = "15", "179"
YEAR = {"from": "2022-01-01", "to": "2022-12-31"}
LIITU = {
    "distinct_clients": 172,
    "new": 105,
    "earlier": 67,
    "new_ended": 46,
    "new_continuing": 59,
    "earlier_ended": 43,
    "earlier_continuing": 24,
    "ended": 89,
    "open_at_end": 83,
}
REFERRED = {
    "adult_social_work": 21,
    "hospital_ward": 21,
    "landlord": 22,
    "prison": 21,
    "self": 20,
}
VISIT = {"on": "2022-05-02", "status": "kept", "location": "home"}
PLACEMENT = {
    "service_type": "supported",
    "production": "purchased",
    "channel": "on_site",
    "from": "2022-06-01",
    "to": "2023-05-31",
}


def the_past(team: str) -> list[dict[str, Any]]:
    """LiiTu's cases; one of them with a visit and a placement, as all may have."""
    cases = [case | {"municipality": RAUMA} for case in liitu(team)]
    one = next(case for case in cases if case["opened_on"] == "2022-04-04")
    one |= {"visits": [VISIT], "placements": [PLACEMENT]}
    return cases


async def imported(house: House, content: bytes) -> dict[str, Any]:
    """Sends a file and waits for the end of its job, which settled every line."""
    headers = house.headers("admin") | {"Content-Type": "application/x-ndjson"}
    url = house.stack.urls["caseload"] + "/v1/case-imports"
    sent = await house.http.post(url, content=content, headers=headers)
    assert sent.status_code == 202, sent.text

    async def look() -> dict[str, Any] | None:
        job = await house.get("admin", "caseload", sent.headers["Location"])
        view: dict[str, Any] = job.json()
        return view if view["state"] == "done" else None

    return await eventually(look)


async def case_ids(house: House, job: dict[str, Any]) -> dict[str, str]:
    """Which case each line of a job stands for."""
    path = f"/v1/case-imports/{job['id']}/results"
    page = (await house.get("admin", "caseload", path, limit=200)).json()
    assert page["next"] is None
    return {item["external_id"]: item["case"] for item in page["items"]}


async def report(house: House, who: str, name: str, **query: str) -> Any:
    answer = await house.get(who, "analytics", f"/v1/reports/{name}", **YEAR, **query)
    return answer.json()["data"]


async def told(topics: KafkaSettings, team: str, count: int) -> list[tuple[str, Any]]:
    """Type and data of all that an outside consumer finds told of a team, once so much is there."""

    records = await read_all(
        topics, [CASE], enough=lambda records: len(of_team(records, team)) >= count
    )
    found = of_team(records, team)
    events = [(headers_of(record)["ce_type"], json.loads(record.value)) for record in found]
    promised = {name: validator(name) for name in {event_type for event_type, _ in events}}
    for event_type, data in events:
        promised[event_type].validate(data)
    keys = [record.key.decode() for record in found]
    assert keys == [data["client_ref"] for _, data in events]
    assert len({headers_of(record)["ce_id"] for record in found}) == len(found)
    return events


def of_team(records: list[ConsumerRecord], team: str) -> list[ConsumerRecord]:
    return [record for record in records if team.encode() in record.value]


def validator(event_type: str) -> jsonschema.Draft202012Validator:
    """Of what the published schema of an event promises."""
    return jsonschema.Draft202012Validator(schema_of(event_type, published_events()[event_type]))


def days(events: list[tuple[str, Any]], event: str) -> list[tuple[str, str]]:
    """The aggregates of the events of a type, each with its day."""
    name = f"nopsa.case.{event}.v1"
    return sorted(
        (data["aggregate_id"], data["occurred_at"][:10])
        for event_type, data in events
        if event_type == name
    )


async def test_a_countys_past_comes_as_events_of_its_days_and_gives_liitus_figures(
    house: House, topics: KafkaSettings
) -> None:
    team = await house.new_team(SATAKUNTA, RAUMA)
    past = the_past(team)
    job = await imported(house, ndjson(past))
    assert job["counts"] == {"lines": 184, "accepted": 184, "duplicates": 0, "refused": 0}
    ids = await case_ids(house, job)

    closed = [case for case in past if "closed_on" in case]
    count = len(past) + len(closed) + 4
    events = await told(topics, team, count)
    assert len(events) == count
    opened_on = sorted((ids[case["external_id"]], case["opened_on"]) for case in past)
    closed_on = sorted((ids[case["external_id"]], case["closed_on"]) for case in closed)
    assert days(events, "assigned") == opened_on
    assert days(events, "closed") == closed_on
    others = [days(events, name) for name in ("visit-kept", "placed", "placement-ended")]
    assert [[day for _, day in each] for each in others] == [
        [VISIT["on"]],
        [PLACEMENT["from"]],
        [PLACEMENT["to"]],
    ]
    versions = defaultdict(list)
    for _, data in events:
        versions[data["aggregate_id"]].append(data["version"])
    assert all(each == list(range(1, len(each) + 1)) for each in versions.values())

    async def is_counted() -> bool:
        return bool(await report(house, "admin", "client-flow", team=team) == LIITU)

    await eventually(is_counted)
    await check_reports(house, team)
    again = await imported(house, ndjson(past))
    assert again["counts"] == {"lines": 184, "accepted": 0, "duplicates": 184, "refused": 0}
    assert await case_ids(house, again) == ids
    assert len(await told(topics, team, count)) == count
    await check_reports(house, team)
    set_aside = await read_all(topics, [dead_letter(CASE)], enough=lambda _: True)
    assert of_team(set_aside, team) == []


async def check_reports(house: House, team: str) -> None:
    """LiiTu's year, for the team and for its county; no figure is small, so all may see it."""
    for who in ("admin", "analyst"):
        for query in ({"team": team}, {"county": SATAKUNTA}):
            assert await report(house, who, "client-flow", **query) == LIITU
            rows = (await report(house, who, "referral-sources", **query))["rows"]
            assert {row["source_kind"]: row["referrals"] for row in rows} == REFERRED
            assert {row["source_kind"]: row["accepted"] for row in rows} == REFERRED


def nopsa_import_cases(house: House, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli.main", "import-cases", str(file), "--as", "admin"]
    return subprocess.run(
        [*command, "--data-dir", str(house.stack.data_dir)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_an_operator_sends_a_file_and_is_told_of_each_line(
    house: House, tmp_path: Path
) -> None:
    house.stack.publish(house.stack.data_dir / READY_FILE)
    team = await house.new_team(CENTRAL_FINLAND, JYVASKYLA)
    past = [past_case(team, f"cli-{number}") for number in range(3)]
    file = tmp_path / "past.ndjson"
    file.write_bytes(ndjson(past))
    first = await asyncio.to_thread(nopsa_import_cases, house, file)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "3 cases: 3 accepted, 0 sent before, 0 refused." in first.stdout
    assert "3/3" in first.stdout, "the progress bar"
    file.write_bytes(ndjson([*past, past[0] | {"closed_on": "1999-01-01", "external_id": "bad"}]))
    again = await asyncio.to_thread(nopsa_import_cases, house, file)
    assert again.returncode == 2
    assert "4 cases: 0 accepted, 3 sent before, 1 refused." in again.stdout
    assert ["4", "closed_on"] in [line.split()[:2] for line in again.stdout.splitlines()]
