"""A large past is streamed: the service's memory does not grow with the file."""

import asyncio
import itertools
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.caseload.settings import Settings
from tests.integration.caseload.conftest import Service
from tests.support.history import many

GROWTH_MEGABYTES = 12
"""What the allocator may keep more; the file of the large import alone is larger."""
PATIENCE_SECONDS = 900


def environment(settings: Settings) -> dict[str, str]:
    """How a process finds the test's database, broker and issuer."""
    return os.environ | {
        "NOPSA_DATABASE_URL": settings.database_url.get_secret_value(),
        "NOPSA_KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
        "NOPSA_ISSUER": settings.issuer,
        "NOPSA_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
        "NOPSA_INDEX_KEYS": settings.index_keys.get_secret_value(),
        "NOPSA_RATE_PER_MINUTE": "100000",
        "NOPSA_JOB_POLL_SECONDS": "0.1",
    }


@dataclass
class Large:
    """The service in a process of its own."""

    service: Service
    url: str
    pid: int

    def peak_megabytes(self) -> float:
        """The most memory that the process ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024

    async def take(self, file: AsyncIterator[bytes]) -> dict[str, Any]:
        """Imports a file; the job, and its seconds."""
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            sent = await http.post("/v1/case-imports", content=file, headers=self._headers())
            assert sent.status_code == 202, sent.text
            while True:
                answer = await http.get(sent.headers["Location"], headers=self._headers())
                job: dict[str, Any] = answer.json()
                if job["state"] in ("done", "failed"):
                    return job | {"seconds": time.monotonic() - began}
                assert time.monotonic() - began < PATIENCE_SECONDS
                await asyncio.sleep(0.2)

    def _headers(self) -> dict[str, str]:
        media_type = {"Content-Type": "application/x-ndjson"}
        return self.service.mint.headers("cases:import", client_id="importer") | media_type


async def stream(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The file in parts, never whole in memory."""
    while part := b"".join(itertools.islice(lines, 500)):
        yield part


@contextmanager
def running(settings: Settings) -> Iterator[tuple[str, int]]:
    """Address and process id of the service while it runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.caseload_process"],
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.kill()


@pytest.fixture
def large(service: Service) -> Iterator[Large]:
    """The service in a process of its own, on the test's database."""
    with running(service.settings) as (url, pid):
        yield Large(service, url, pid)


async def measure(large: Large, count: int, visits: int) -> str:
    """Imports a past of so many cases and asserts that memory stays flat; what it took."""
    warm, cold = await large.service.team(), await large.service.team()
    await large.take(stream(many(warm, 2_000, random.Random(1), visits)))
    before = large.peak_megabytes()
    job = await large.take(stream(many(cold, count, random.Random(2), visits)))
    after = large.peak_megabytes()
    assert job["state"] == "done"
    assert job["counts"] == {"lines": count, "accepted": count, "duplicates": 0, "refused": 0}
    assert after - before < GROWTH_MEGABYTES
    return (
        f"{count} cases in {job['seconds']:.1f} s ({count / job['seconds']:.0f}/s), "
        f"peak memory {before:.0f} MB after 2000 and {after:.0f} MB at the end"
    )


async def test_twenty_thousand_cases_in_flat_memory(
    large: Large, record_property: Callable[[str, object], None]
) -> None:
    record_property("measured", await measure(large, 20_000, visits=1))


@pytest.mark.benchmark
@pytest.mark.timeout(PATIENCE_SECONDS)
async def test_a_hundred_thousand_cases_in_flat_memory(
    large: Large, record_property: Callable[[str, object], None]
) -> None:
    record_property("measured", await measure(large, 100_000, visits=3))
