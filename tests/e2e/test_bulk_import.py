"""Ten thousand referrals through the running stack by bulk import, as an operator sends them."""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import ConsumerRecord

from deploy.cli.running import READY_FILE
from deploy.local.region import load_region
from deploy.local.stack import Stack
from shared.settings import KafkaSettings
from tests.support.house import House, eventually
from tests.support.imports import csv, csv_row, ndjson, numbered
from tests.support.topics import read_all

pytestmark = pytest.mark.timeout(600)

WARM_UP, ALL = 2_000, 10_000
MOST_GROWTH_KB = 40_000
"""The larger part is 8 000 lines; a service that held them would grow with each."""
PROCESSES = ("referral", "referral-worker")
RECEIVED = b"nopsa.referral.received.v1"


@pytest.fixture(scope="module")
def own_stack(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this test's own: what it does to the teams' waiting lists is nobody else's."""
    stack = Stack(tmp_path_factory.mktemp("bulk"), broker=broker)  # type: ignore[arg-type]
    stack.start()
    load_region(stack.urls, stack.token("admin"))
    stack.publish(stack.data_dir / READY_FILE)
    yield stack
    stack.stop()


@pytest.fixture
async def busy_house(own_stack: Stack) -> AsyncIterator[House]:
    async with httpx.AsyncClient(timeout=30) as http:
        yield House(own_stack, http)


def peak_kilobytes(stack: Stack) -> dict[str, int]:
    """The most memory that each process of the service ever had."""
    pids = stack.pids()
    return {name: _peak(pids[name]) for name in PROCESSES}


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def nopsa_import(stack: Stack, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli.main", "import", str(file), "--as", "prison"]
    return subprocess.run(
        [*command, "--data-dir", str(stack.data_dir)],
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )


async def import_whole(house: House, content: bytes) -> dict[str, Any]:
    """Sends NDJSON and waits for the end of the job."""
    headers = house.headers("prison") | {"Content-Type": "application/x-ndjson"}
    url = house.stack.urls["referral"] + "/v1/referral-imports"
    job = (await house.http.post(url, content=content, headers=headers)).json()

    async def look() -> dict[str, Any] | None:
        answer = await house.get("prison", "referral", f"/v1/referral-imports/{job['id']}")
        view: dict[str, Any] = answer.json()
        return view if view["state"] in ("done", "failed") else None

    return await eventually(look, seconds=600)


async def rows(stack: Stack, query: str) -> list[Any]:
    connection = await asyncpg.connect(stack.dsns["referral"])
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def assert_each_once(stack: Stack) -> None:
    """Every referral is in, none is twice, and each is told of once on its topic."""
    counts = "SELECT count(*) AS all, count(DISTINCT external_id) AS different FROM referrals"
    assert dict((await rows(stack, counts))[0]) == {"all": ALL, "different": ALL}
    assert (await rows(stack, "SELECT count(*) FROM import_chunks"))[0][0] == 0
    kafka = KafkaSettings(bootstrap=stack.kafka, fetch_max_wait_ms=20)
    topic = "nopsa.referral.v1"
    told = await read_all(kafka, [topic], enough=lambda found: len(received(found)) >= ALL)
    assert len(received(told)) == len(set(received(told))) == ALL


def received(records: list[ConsumerRecord]) -> list[bytes]:
    """The referrals that were told of as received."""
    headers = [dict(record.headers) for record in records]
    return [one["ce_subject"] for one in headers if one["ce_type"] == RECEIVED]


async def test_ten_thousand_referrals_are_all_in_none_twice_and_the_memory_stays_flat(
    busy_house: House, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    stack = busy_house.stack
    began = time.monotonic()
    job = await import_whole(busy_house, ndjson(numbered(WARM_UP)))
    assert job["counts"]["accepted"] == WARM_UP
    after_warm_up = peak_kilobytes(stack)
    file = tmp_path / "releases.csv"
    numbers = range(WARM_UP + 1, ALL + 1)
    file.write_bytes(
        csv(*(csv_row(f"B-{n}", "Äijälä", phone=f"040{n:07}") for n in numbers), encoding="cp1252")
    )
    told = nopsa_import(stack, file)
    seconds = time.monotonic() - began
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{ALL - WARM_UP} accepted, 0 sent before, 0 refused" in told.stdout
    again = nopsa_import(stack, file)
    assert f"0 accepted, {ALL - WARM_UP} sent before, 0 refused" in again.stdout
    last = await busy_house.get("prison", "referral", "/v1/referrals", external_id=f"B-{ALL}")
    assert len(last.json()["items"]) == 1
    await assert_each_once(stack)

    peak = peak_kilobytes(stack)
    growth = {name: peak[name] - after_warm_up[name] for name in PROCESSES}
    record_property(
        "measured",
        f"{ALL} referrals imported in {seconds:.0f} s; peak memory (kB) {peak}, "
        f"growth from the first {WARM_UP} on {growth}",
    )
    assert max(growth.values()) < MOST_GROWTH_KB


async def test_a_file_with_bad_lines_is_told_line_by_line_and_sent_again_gives_duplicates(
    own_stack: Stack, tmp_path: Path
) -> None:
    file = tmp_path / "week.ndjson"
    good = numbered(2, first=ALL + 1)
    file.write_bytes(ndjson(good) + b"{oops\n" + ndjson([good[0] | {"urgency": "soon"}]))
    first, again = nopsa_import(own_stack, file), nopsa_import(own_stack, file)
    assert (first.returncode, again.returncode) == (2, 2)
    assert "4 referrals: 2 accepted, 0 sent before, 2 refused." in first.stdout
    assert "4 referrals: 0 accepted, 2 sent before, 2 refused." in again.stdout
    table = [line.split() for line in first.stdout.splitlines()]
    assert ["3", "(the", "line)"] in [cells[:3] for cells in table]
    assert ["4", "urgency"] in [cells[:2] for cells in table]
    assert json.dumps(good[0]["client"]["phone"]) not in first.stdout
