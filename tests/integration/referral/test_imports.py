"""Bulk import over real HTTP: every line stands alone, none is taken twice, whoever dies."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.referral.imports.rules import MAX_FILE_BYTES, MAX_LINES
from services.referral.imports.spreadsheet import read_header
from tests.integration.referral.conftest import Service
from tests.support.bodies import IDENTITY_CODES, referral_body
from tests.support.house import eventually
from tests.support.imports import CSV, NDJSON, csv, csv_row, importing, ndjson, numbered

PATH = "/v1/referral-imports"
LANDLORD = "landlord"


async def send(
    service: Service, content: Any, media_type: str = NDJSON, query: str = "", **headers: str
) -> httpx.Response:
    """Sends a file as the prison."""
    sent = service.sender("prison") | {"Content-Type": media_type}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await service.http.post(PATH + query, content=content, headers=sent)


async def read(service: Service, path: str, kind: str = "prison", **query: Any) -> httpx.Response:
    return await service.http.get(path, params=query, headers=service.sender(kind))


async def finished(service: Service, job: dict[str, Any]) -> dict[str, Any]:
    """The job once it has ended."""

    async def look() -> dict[str, Any] | None:
        view: dict[str, Any] = (await read(service, f"{PATH}/{job['id']}")).json()
        return view if view["state"] in ("done", "failed") else None

    return await eventually(look)


async def results(service: Service, job: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    """Every result, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = await read(service, f"{PATH}/{job['id']}/results", **query)
        page.raise_for_status()
        found += page.json()["items"]
        if page.json()["next"] is None:
            return found
        query["cursor"] = page.json()["next"]


async def run_import(
    service: Service, content: bytes, media_type: str = NDJSON, query: str = ""
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A whole import: the ended job and all its results."""
    answer = await send(service, content, media_type, query)
    assert answer.status_code == 202, answer.text
    async with importing(service.settings):
        job = await finished(service, answer.json())
    return job, await results(service, job, limit=100)


def refusals(found: list[dict[str, Any]]) -> dict[int, list[tuple[str, str]]]:
    """By line, pointers and codes of what was refused."""
    return {
        item["line"]: [(error["pointer"], error["code"]) for error in item["errors"]]
        for item in found
        if item["outcome"] == "refused"
    }


async def assert_each_once(service: Service, count: int) -> None:
    """So many referrals, each with its two events, none twice."""
    stored = await service.rows("SELECT external_id FROM referrals")
    assert len(stored) == len({row["external_id"] for row in stored}) == count
    assert await service.count("clients") == count
    assert await service.count("outbox") == 2 * count
    submitted = await service.rows("SELECT subject_id FROM audit WHERE action = 'referral.submit'")
    assert len(submitted) == len({row["subject_id"] for row in submitted}) == count


async def test_a_file_is_a_job_and_every_line_a_referral(service: Service) -> None:
    answer = await send(service, ndjson(numbered(3)))
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"{PATH}/{job['id']}"
    assert (job["state"], job["counts"]["lines"]) == ("queued", 0)
    async with importing(service.settings):
        done = await finished(service, job)
    assert done["state"] == "done"
    assert done["counts"] == {"lines": 3, "accepted": 3, "duplicates": 0, "refused": 0}
    found = await results(service, job)
    stored = await service.rows("SELECT id, reference, external_id FROM referrals ORDER BY id")
    assert [(item["referral_id"], item["reference"]) for item in found] == [
        (str(one["id"]), one["reference"]) for one in stored
    ]
    assert [one["external_id"] for one in stored] == ["B-1", "B-2", "B-3"]
    await assert_each_once(service, 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
async def test_a_csv_file_as_a_finnish_spreadsheet_writes_it(
    service: Service, encoding: str
) -> None:
    rows = [csv_row("C-1", "Äijälä"), csv_row("C-2", "Sjöström", municipality="98", order="EI")]
    job, _ = await run_import(service, csv(*rows, encoding=encoding), CSV)
    assert job["counts"]["accepted"] == 2
    cipher = service.settings.cipher()
    stored = await service.rows("SELECT * FROM referrals ORDER BY id")
    names = [
        cipher.decrypt_json(row["content_sealed"], f"referrals/{row['id']}")["client"]
        for row in stored
    ]
    assert [client["family_name"] for client in names] == ["Äijälä", "Sjöström"]
    assert [row["municipality"] for row in stored] == ["398", "098"]
    assert json.loads(stored[0]["reasons"]) == ["release", "homelessness"]


async def test_a_bad_line_is_refused_with_its_reasons_and_stops_no_good_one(
    service: Service,
) -> None:
    good = numbered(8)
    lines = [
        ndjson([good[0]]),
        b"{not json\n",
        b'{"external_id": "\xff\xfe"}\n',
        b"x" * 1_000_000 + b"\n",
        ndjson([good[1] | {"urgency": "whenever", "surprise": 1}]),
        ndjson([referral_body()]),
        ndjson([good[2] | {"client": good[2]["client"] | {"identity_code": "131052-308U"}}]),
        ndjson([good[3] | {"external_id": "131052-308T"}]),
        ndjson([good[4] | {"external_id": "B-1"}]),
        b"\n",
        ndjson([good[5]]),
    ]
    job, found = await run_import(service, b"".join(lines))
    assert job["counts"] == {"lines": 10, "accepted": 2, "duplicates": 0, "refused": 8}
    assert refusals(found) == {
        2: [("", "malformed_json")],
        3: [("", "undecodable")],
        4: [("", "line_too_long")],
        5: [("/urgency", "enum"), ("/surprise", "extra_forbidden")],
        6: [("/external_id", "missing")],
        7: [("/client/identity_code", "identity_code_invalid")],
        8: [("/external_id", "identifying_value")],
        9: [("", "external_id_conflict")],
    }
    assert "131052" not in json.dumps(found)
    assert "whenever" not in json.dumps(found)
    await assert_each_once(service, 2)


async def test_a_bad_row_is_refused_with_its_field(service: Service) -> None:
    rows = [
        csv_row("C-1"),
        csv_row("C-2", municipality="999", order="maybe"),
        csv_row("C-3") + ";more",
        "C-4;urgent",
        'C-5;"never closed',
        csv_row("C-6"),
    ]
    _, found = await run_import(service, csv(*rows), CSV)
    assert refusals(found) == {
        3: [("/client/municipality", "municipality_unknown"),
            ("/client/non_disclosure_order", "bool_parsing")],
        4: [("", "column_count")],
        5: [("", "column_count")],
        6: [("", "row_malformed")],
    }  # fmt: skip
    assert [item["line"] for item in found if item["outcome"] == "accepted"] == [2, 7]


async def test_a_repeated_file_gives_duplicates_and_takes_none_twice(service: Service) -> None:
    bodies = numbered(3)
    await service.post("prison", bodies[0])
    twice = [*bodies, bodies[1]]
    _, first = await run_import(service, ndjson(twice))
    assert [item["outcome"] for item in first] == ["duplicate", "accepted", "accepted", "duplicate"]
    assert first[1]["reference"] == first[3]["reference"]
    job, again = await run_import(service, ndjson(twice))
    assert job["counts"] == {"lines": 4, "accepted": 0, "duplicates": 4, "refused": 0}
    assert [item["referral_id"] for item in again] == [item["referral_id"] for item in first]
    await assert_each_once(service, 3)


async def test_lines_about_one_person_register_them_once(service: Service) -> None:
    coded = {"identity_code": IDENTITY_CODES[0]}
    bodies = [referral_body(external_id=f"P-{n}", client=coded) for n in range(3)]
    await run_import(service, ndjson(bodies))
    assert (await service.count("referrals"), await service.count("clients")) == (3, 1)


async def test_a_dry_run_checks_every_line_and_takes_none(service: Service) -> None:
    content = ndjson([*numbered(2), referral_body()])
    job, found = await run_import(service, content, query="?dry_run=true")
    assert job["dry_run"] is True
    assert job["counts"] == {"lines": 3, "accepted": 2, "duplicates": 0, "refused": 1}
    assert [item["referral_id"] for item in found] == [None, None, None]
    assert await service.count("referrals") == 0
    assert await service.count("idempotency") == 0


async def test_the_file_is_kept_sealed_and_erased_when_the_job_has_ended(service: Service) -> None:
    unreadable = await send(service, b"Virtanen;Liisa\r\n", CSV)
    readable = await send(service, ndjson(numbered(3000)))
    kept = await service.rows("SELECT content_sealed FROM import_chunks")
    assert len(kept) == 9
    assert not any(word in row[0] for row in kept for word in (b"+35840", b"Virtanen", b"B-1"))
    async with importing(service.settings):
        failed = await finished(service, unreadable.json())
        await eventually(lambda: has_begun(service, readable.json()["id"]))
    await service.rows("UPDATE imports SET attempts = 5 WHERE state = 'running'")
    async with importing(service.settings):
        assert (await finished(service, readable.json()))["state"] == "failed"
    assert failed["state"] == "failed"
    assert [error["code"] for error in failed["errors"]] == ["header_missing"]
    assert "Virtanen" not in json.dumps(failed)
    assert await service.count("import_chunks") == 0


async def has_begun(service: Service, import_id: str) -> bool:
    rows = await service.rows("SELECT position FROM imports WHERE id = $1", UUID(import_id))
    return bool(rows[0]["position"])


async def test_a_request_that_is_repeated_with_its_key_is_one_job(service: Service) -> None:
    content = ndjson(numbered(2))
    first = await send(service, content, Idempotency_Key="K-1")
    again = await send(service, content, Idempotency_Key="K-1")
    other = await send(service, ndjson(numbered(3)), Idempotency_Key="K-1")
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await service.count("imports"), await service.count("import_chunks")) == (1, 1)


async def test_an_import_is_seen_by_its_own_partner_alone(service: Service) -> None:
    job, _ = await run_import(service, ndjson(numbered(1)))
    for path in (f"{PATH}/{job['id']}", f"{PATH}/{job['id']}/results"):
        assert (await read(service, path)).status_code == 200
        assert (await read(service, path, LANDLORD)).status_code == 404
        headers = service.mint.headers("referrals:read", org=service.partners["prison"])
        assert (await service.http.get(path, headers=headers)).status_code == 403
    seen = await service.rows("SELECT actor FROM audit WHERE action = 'import.read'")
    assert {row["actor"] for row in seen} == {"prison"}


async def test_each_referral_that_the_results_show_is_logged(service: Service) -> None:
    _, found = await run_import(service, ndjson([*numbered(2), referral_body()]))
    looks = await service.rows("SELECT * FROM audit WHERE action = 'referral.read'")
    shown = {item["referral_id"] for item in found if item["referral_id"]}
    assert {str(row["subject_id"]) for row in looks} == shown
    assert len(looks) == len(shown) == 2
    assert all(row["client_ref"] and row["actor"] == "prison" for row in looks)


async def test_results_are_paged_and_filtered_by_outcome(service: Service) -> None:
    bodies = [body if n % 5 else referral_body() for n, body in enumerate(numbered(25))]
    job, _ = await run_import(service, ndjson(bodies))
    assert [item["line"] for item in await results(service, job, limit=7)] == list(range(1, 26))
    refused = await results(service, job, outcome="refused", limit=2)
    assert [item["line"] for item in refused] == [1, 6, 11, 16, 21]
    path = f"{PATH}/{job['id']}/results"
    foreign = await read(service, path, cursor="AZo_PnwafTCj1G8vCl0rEQ")
    assert (foreign.status_code, foreign.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"x" * (MAX_FILE_BYTES + 1), NDJSON, 413, "body_too_large"),
        (b"", CSV, 422, "validation_failed"),
        (b"\n" * (MAX_LINES + 1), NDJSON, 422, "validation_failed"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"a;b", "text/csv; charset=utf-16", 415, "unsupported_media_type"),
    ],
)
async def test_what_is_no_file_for_us_is_refused_and_nothing_is_kept(
    service: Service, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = await send(service, content, media_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await service.count("imports"), await service.count("import_chunks")) == (0, 0)


async def test_five_megabytes_are_taken_also_without_a_length(service: Service) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"x" * 65_535 + b"\n"

    assert (await send(service, drip())).status_code == 202


async def test_an_upload_that_breaks_off_leaves_nothing(service: Service) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield ndjson(numbered(1500))
        await eventually(lambda: service.count("import_chunks"))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await send(service, broken())

    async def gone() -> bool:
        return await service.count("imports") == 0

    assert await eventually(gone)


async def test_the_template_names_every_column(service: Service) -> None:
    answer = await read(service, f"{PATH}/template.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert not read_header(answer.content.decode("utf-8-sig").strip()).errors


async def test_a_worker_killed_in_the_middle_costs_no_line_and_doubles_none(
    service: Service,
) -> None:
    lines = 2_000
    job = (await send(service, ndjson(numbered(lines)))).json()
    async with importer_process(service) as process:
        await eventually(lambda: has_begun(service, job["id"]))
        process.send_signal(signal.SIGKILL)
        await process.wait()
    half_done = await service.count("referrals")
    assert 0 < half_done < lines
    async with importing(service.settings):
        done = await finished(service, job)
    assert done["counts"] == {"lines": lines, "accepted": lines, "duplicates": 0, "refused": 0}
    settled = [item["line"] for item in await results(service, job, limit=200)]
    assert settled == list(range(1, lines + 1))
    await assert_each_once(service, lines)


@asynccontextmanager
async def importer_process(service: Service) -> AsyncIterator[Process]:
    settings = service.settings
    environment = os.environ | {
        "NOPSA_DATABASE_URL": settings.database_url.get_secret_value(),
        "NOPSA_KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
        "NOPSA_ISSUER": settings.issuer,
        "NOPSA_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
        "NOPSA_INDEX_KEYS": settings.index_keys.get_secret_value(),
        "NOPSA_JOB_POLL_SECONDS": "0.1",
        "NOPSA_JOB_LEASE_SECONDS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.import_process", env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_several_workers_share_the_jobs_and_take_no_line_twice(service: Service) -> None:
    files = [ndjson(numbered(20, first=1 + 20 * n)) for n in range(5)]
    jobs = [(await send(service, content)).json() for content in [*files, files[0]]]
    async with importing(service.settings, workers=3):
        done = [await finished(service, job) for job in jobs]
    assert sum(job["counts"]["accepted"] for job in done) == 100
    assert sum(job["counts"]["duplicates"] for job in done) == 20
    await assert_each_once(service, 100)


async def test_a_worker_that_lost_its_lease_changes_nothing_more(service: Service) -> None:
    job = (await send(service, ndjson(numbered(2_000)))).json()
    async with importing(service.settings):
        await eventually(lambda: has_begun(service, job["id"]))
        await service.rows("UPDATE imports SET lease_owner = id, leased_until = now() + '1 s'")
        taken_over = await service.count("referrals")
        await asyncio.sleep(0.5)
        assert await service.count("referrals") == taken_over < 2_000
        done = await finished(service, job)
    assert done["counts"]["accepted"] == 2_000
    await assert_each_once(service, 2_000)
