"""History imports over HTTP and in the event process: a county's past, once, in its own days."""

import asyncio
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from services.caseload.imports import processing
from services.caseload.imports.processing import Importer
from services.caseload.settings import Settings
from shared.contracts.codes import CaseStatus
from shared.db import Database
from tests.integration.caseload.conftest import Service, referral
from tests.support.history import liitu, ndjson, past_case
from tests.support.settings import INDEX_KEYS, KEYS

OPEN = {"closed_on": None, "closing_reason": None}


def headers(service: Service, team: str | None = None) -> dict[str, str]:
    """Of an administrator, or of one team's importer."""
    return service.mint.headers("cases:import", client_id="importer", org=team) | {
        "Content-Type": "application/x-ndjson"
    }


async def send(
    service: Service, content: bytes, team: str | None = None, **more: str
) -> httpx.Response:
    return await service.http.post(
        "/v1/case-imports", content=content, headers=headers(service, team) | more
    )


async def work(service: Service, settings: Settings | None = None) -> None:
    """Works every queued job, as the event process does."""
    importer = Importer(settings or service.settings, service.database)
    while await importer.runner.run_next():
        pass


async def taken(service: Service, content: bytes, team: str | None = None) -> dict[str, Any]:
    """Sends a file and works it; the job as it is then."""
    sent = await send(service, content, team)
    assert (sent.status_code, sent.json()["state"]) == (202, "queued"), sent.text
    await work(service)
    answer = await service.http.get(sent.headers["Location"], headers=headers(service, team))
    job: dict[str, Any] = answer.json()
    assert job["state"] == "done"
    return job


async def results(service: Service, job: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    answer = await service.http.get(
        f"/v1/case-imports/{job['id']}/results",
        params={"limit": 200} | query,
        headers=headers(service),
    )
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_past_case_is_taken_with_its_own_days(service: Service) -> None:
    team = await service.team()
    visit = {"on": "2021-03-04", "status": "kept", "location": "outside"}
    placed = {"service_type": "supported", "production": "purchased", "channel": "on_site"}
    past = past_case(
        team,
        "2021-118",
        visits=[visit, visit | {"on": "2021-03-11", "status": "cancelled"}],
        placements=[placed | {"from": "2021-05-01", "to": "2021-12-31"}],
    )
    job = await taken(service, ndjson([past]))
    assert job["counts"] == {"lines": 1, "accepted": 1, "duplicates": 0, "refused": 0}
    (result,) = await results(service, job)
    assert (result["line"], result["outcome"]) == (1, "accepted")
    assert (result["external_id"], result["errors"]) == ("2021-118", [])
    case = await service.http.get(f"/v1/cases/{result['case']}", headers=service.lead(team))
    assert case.headers["ETag"] == '"v6"'
    shown = case.json()
    assert (shown["status"], shown["workers"], shown["referral_ids"]) == ("closed", [], [])
    assert (shown["opened_at"], shown["closed_at"]) == (
        "2021-03-01T12:00:00Z",
        "2021-06-15T12:00:00Z",
    )
    events = [e for e in await service.events() if e.type.startswith("case.")]
    assert [(e.type[5:], e.data["occurred_at"][:10]) for e in events] == [
        ("assigned", "2021-03-01"),
        ("visit-booked", "2021-03-04"),
        ("visit-kept", "2021-03-04"),
        ("visit-booked", "2021-03-11"),
        ("visit-cancelled", "2021-03-11"),
        ("placed", "2021-05-01"),
        ("closed", "2021-06-15"),
        ("placement-ended", "2021-12-31"),
    ]
    assert {e.key for e in events} == {shown["client_ref"]}
    assert {e.correlation for e in events} == {None}
    assert events[0].data["source_kind"] == "prison"
    visits = await service.rows("SELECT state, at::date AS day FROM visits ORDER BY id")
    assert [(row["state"], str(row["day"])) for row in visits] == [
        ("kept", "2021-03-04"),
        ("cancelled", "2021-03-11"),
    ]
    looks = await service.rows("SELECT * FROM audit WHERE action = 'case.read'")
    assert [str(row["subject_id"]) for row in looks] == [result["case"]] * 2, (
        "in the list, and itself"
    )
    logged = await service.rows("SELECT * FROM audit WHERE action = 'case.import'")
    assert [(row["actor"], str(row["client_ref"])) for row in logged] == [
        ("importer", shown["client_ref"])
    ]


async def test_a_bad_line_stops_no_good_one_and_is_repeated_nowhere(service: Service) -> None:
    team = await service.team()
    good = [past_case(team, f"good-{number}") for number in range(3)]
    secret = "010190-900P"
    lines = [
        json.dumps(good[0]).encode(),
        f'{{"external_id": "{secret}", "note": "Matti {secret}"}}'.encode(),
        b"",
        secret.encode(),
        json.dumps(good[1]).encode() + b"\r",
        json.dumps(past_case(str(uuid4()), "elsewhere")).encode(),
        json.dumps(past_case(team, "backwards", closed_on="2020-01-01")).encode(),
        b'"' + b"x" * 300_000 + b'"',
        json.dumps(good[2]).encode(),
    ]
    job = await taken(service, b"\n".join(lines))
    assert job["lines"] == 9
    assert job["counts"] == {"lines": 8, "accepted": 3, "duplicates": 0, "refused": 5}
    found = [(each["line"], each["outcome"]) for each in await results(service, job)]
    assert [line for line, outcome in found if outcome == "accepted"] == [1, 5, 9]
    refused = await results(service, job, outcome="refused")
    assert [(each["line"], each["errors"][0]["code"]) for each in refused] == [
        (2, "identifying_value"),
        (4, "malformed_json"),
        (6, "team_unknown"),
        (7, "closed_before_opened"),
        (8, "line_too_long"),
    ]
    assert secret not in str(refused)
    assert "Matti" not in str(refused)
    paged = await service.http.get(
        f"/v1/case-imports/{job['id']}/results?limit=2", headers=headers(service)
    )
    rest = await results(service, job, cursor=paged.json()["next"])
    assert [each["line"] for each in rest] == [4, 5, 6, 7, 8, 9]


async def test_a_file_sent_again_is_all_duplicates_and_changes_nothing(service: Service) -> None:
    team = await service.team()
    cases = [past_case(team, f"case-{number}") for number in range(5)]
    first = await taken(service, ndjson(cases))
    known = {each["external_id"]: each["case"] for each in await results(service, first)}
    events = len(await service.events())
    again = await taken(service, ndjson([*cases, cases[0] | {"municipality": "098"}]))
    assert again["counts"] == {"lines": 6, "accepted": 0, "duplicates": 6, "refused": 0}
    found = {each["external_id"]: each["case"] for each in await results(service, again)}
    assert found == known
    assert len(await service.events()) == events
    twice = await taken(service, ndjson([past_case(team, "new")] * 2))
    assert twice["counts"] == {"lines": 2, "accepted": 1, "duplicates": 1, "refused": 0}
    other = await taken(service, ndjson([past_case(await service.team(), "case-0")]))
    assert other["counts"]["accepted"] == 1, "another team has ids of its own"


async def test_the_same_request_again_is_the_same_job(service: Service) -> None:
    content = ndjson([past_case(await service.team(), "1")])
    first = await send(service, content, **{"Idempotency-Key": "k"})
    again = await send(service, content, **{"Idempotency-Key": "k"})
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await send(service, content * 2, **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await service.rows("SELECT 1 FROM case_imports")) == 1
    assert len(await service.rows("SELECT 1 FROM case_import_pieces")) == 1


async def test_an_import_that_breaks_off_is_taken_up_by_another_worker(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing, "BATCH_LINES", 10)
    team = await service.team()
    cases = [past_case(team, f"case-{number}") for number in range(100)]
    sent = await send(service, ndjson(cases))
    hasty = service.settings.model_copy(update={"job_lease_seconds": 0.5})
    dying = asyncio.create_task(Importer(hasty, service.database).runner.run_next())
    while len(await service.rows("SELECT 1 FROM imported_cases")) < 20:
        await asyncio.sleep(0.005)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    broken_off = await service.http.get(sent.headers["Location"], headers=headers(service))
    assert broken_off.json()["state"] == "running"
    assert 20 <= broken_off.json()["counts"]["lines"] < 100
    await asyncio.sleep(0.6)
    await work(service)
    job = (await service.http.get(sent.headers["Location"], headers=headers(service))).json()
    assert job["state"] == "done"
    assert job["counts"] == {"lines": 100, "accepted": 100, "duplicates": 0, "refused": 0}
    assert [each["line"] for each in await results(service, job)] == list(range(1, 101))
    types = Counter(event.type for event in await service.events())
    assert types["case.assigned"] == types["case.closed"] == 100
    assert await service.rows("SELECT 1 FROM case_import_pieces") == []


async def test_a_line_that_the_database_refuses_is_set_aside_alone(service: Service) -> None:
    team = await service.team()
    await service.rows(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no'; END $$"
    )
    await service.rows(
        "CREATE TRIGGER refuse BEFORE INSERT ON cases FOR EACH ROW "
        "WHEN (NEW.municipality = '098') EXECUTE FUNCTION refuse()"
    )
    cases = [past_case(team, f"case-{number}") for number in range(5)]
    cases[2]["municipality"] = "098"
    job = await taken(service, ndjson(cases))
    assert job["counts"] == {"lines": 5, "accepted": 4, "duplicates": 0, "refused": 1}
    (refused,) = await results(service, job, outcome="refused")
    assert (refused["line"], refused["errors"][0]["code"]) == (3, "internal_error")


async def test_one_key_is_one_client_in_the_county_and_stands_nowhere_in_the_clear(
    service: Service,
) -> None:
    north, south = await service.team(), await service.team()
    abroad = await service.team(county="06", municipalities=["837"])
    key = "pseudonym-a81f"
    cases = [
        past_case(north, "1", client_key=key),
        past_case(south, "2", client_key=key),
        past_case(abroad, "3", client_key=key, municipality="837"),
        past_case(north, "4"),
    ]
    await send(service, ndjson(cases))
    (piece,) = await service.rows("SELECT content_sealed FROM case_import_pieces")
    assert key.encode() not in piece["content_sealed"]
    await work(service)

    async def refs() -> dict[str, str]:
        rows = await service.rows(
            "SELECT external_id, client_ref FROM imported_cases JOIN cases ON id = case_id"
        )
        return {row["external_id"]: str(row["client_ref"]) for row in rows}

    found = await refs()
    assert found["1"] == found["2"]
    assert len(set(found.values())) == 3
    for row in await service.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        table = row["tablename"]
        for told in await service.rows(f'SELECT "{table}"::text AS it FROM "{table}"'):
            assert key not in told["it"], table
            assert key.encode().hex() not in told["it"], table
    rotated = service.settings.model_copy(
        update={"index_keys": type(service.settings.index_keys)(f"{KEYS},{INDEX_KEYS}")}
    )
    await send(service, ndjson([past_case(south, "5", client_key=key)]))
    await work(service, rotated)
    assert (await refs())["5"] == found["1"], "the same client under a new look-up key"


async def test_an_open_case_is_the_teams_and_no_workers_load(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team, capacity=1)
    job = await taken(service, ndjson([past_case(team, "open", **OPEN)]))
    (result,) = await results(service, job)
    listed = await service.http.get(
        "/v1/cases", params={"team": team, "status": "support"}, headers=service.lead(team)
    )
    (shown,) = listed.json()["items"]
    assert (shown["id"], shown["workers"]) == (result["case"], [])
    fresh = await service.case_of(await service.take(referral()))
    assert fresh["workers"] == [worker]
    read = await service.http.get(f"/v1/cases/{shown['id']}", headers=service.admin())
    ended = await service.close({**read.json(), "etag": read.headers["ETag"]})
    assert (ended.status_code, ended.json()["status"]) == (200, CaseStatus.CLOSED)
    assert (await service.events())[-1].data["referral_ids"] == []
    why = await service.http.get(f"/v1/cases/{shown['id']}/assignment", headers=service.admin())
    assert (why.status_code, why.json()["code"]) == (404, "not_found")


async def test_a_client_has_one_open_case_at_a_time(service: Service) -> None:
    team = await service.team()
    cases = [
        past_case(team, "before", client_key="k"),
        past_case(team, "open", client_key="k", **OPEN),
        past_case(team, "second", client_key="k", **OPEN),
    ]
    job = await taken(service, ndjson(cases))
    (refused,) = await results(service, job, outcome="refused")
    assert (refused["line"], refused["errors"][0]["code"]) == (3, "client_has_open_case")
    later = await taken(service, ndjson([past_case(team, "third", client_key="k", **OPEN)]))
    assert later["counts"]["refused"] == 1
    closed = await taken(service, ndjson([past_case(team, "fourth", client_key="k")]))
    assert closed["counts"]["accepted"] == 1


async def test_a_team_imports_its_own_past_and_sees_its_own_jobs(service: Service) -> None:
    mine, theirs = await service.team(), await service.team()
    job = await taken(service, ndjson([past_case(mine, "1"), past_case(theirs, "2")]), mine)
    assert job["counts"] == {"lines": 2, "accepted": 1, "duplicates": 0, "refused": 1}
    (refused,) = await results(service, job, outcome="refused")
    assert refused["errors"][0]["code"] == "team_unknown"
    for path in ("", "/results"):
        answer = await service.http.get(
            f"/v1/case-imports/{job['id']}{path}", headers=headers(service, theirs)
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_what_is_no_import_is_refused_at_the_door(service: Service) -> None:
    content = ndjson([past_case(await service.team(), "1")])
    for change, status, code in (
        ({"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        ({"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
        (service.mint.headers("cases:write"), 403, "insufficient_scope"),
    ):
        refused = await send(service, content, **change)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    empty = await send(service, b"")
    assert empty.json()["errors"][0]["code"] == "empty"
    reader, writer = await announce(service, 200 * 1024 * 1024 + 1)
    declared = await reader.read(4000)
    writer.close()
    assert b" 413 " in declared.splitlines()[0]
    assert b"body_too_large" in declared
    assert await service.rows("SELECT 1 FROM case_imports") == []


async def announce(
    service: Service, length: int, content: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Says that a body of this length comes, and sends less."""
    address = urlsplit(str(service.http.base_url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    lines = [
        "POST /v1/case-imports HTTP/1.1",
        f"Host: {address.netloc}",
        *(f"{name}: {value}" for name, value in headers(service).items()),
        f"Content-Length: {length}",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode() + content)
    await writer.drain()
    return reader, writer


async def test_an_upload_that_breaks_off_leaves_nothing(service: Service) -> None:
    _, writer = await announce(service, 5_000_000, b"x" * 700_000)
    async with asyncio.timeout(10):
        while not await service.rows("SELECT 1 FROM case_import_pieces"):
            await asyncio.sleep(0.01)
        writer.close()
        while await service.rows("SELECT 1 FROM case_import_pieces"):
            await asyncio.sleep(0.01)
    assert await service.rows("SELECT 1 FROM case_imports") == []


async def test_a_large_file_needs_no_other_limit_than_its_own(service: Service) -> None:
    team = await service.team()
    content = ndjson(liitu(team))
    padded = content + b"\n" * (400_000)
    job = await taken(service, padded)
    assert job["counts"]["accepted"] == 184
    assert job["lines"] == 184 + 400_000


async def test_two_imports_at_once_take_nothing_twice(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing, "BATCH_LINES", 5)
    team = await service.team()
    content = ndjson(past_case(team, f"case-{number}") for number in range(60))
    for _ in range(2):
        await send(service, content)
    other = Database(service.settings)
    await asyncio.gather(
        Importer(service.settings, service.database).runner.run_next(),
        Importer(service.settings, other).runner.run_next(),
    )
    await other.close()
    rows = await service.rows("SELECT state, accepted, duplicates FROM case_imports")
    assert {row["state"] for row in rows} == {"done"}
    assert sum(row["accepted"] for row in rows) == sum(row["duplicates"] for row in rows) == 60
    assert len(await service.rows("SELECT 1 FROM cases")) == 60
