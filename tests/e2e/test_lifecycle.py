"""`nopsa up` as a newcomer runs it: ready file, clean stop, no orphans, goes on where it was."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.stack import fetch_token
from tests.support.bodies import new_key, referral_body

pytestmark = pytest.mark.kafka_too


@contextmanager
def nopsa_up(folder: Path, broker: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """The stack as its own process, and its ready document."""
    ready = folder / "ready-for-tests.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "deploy.cli.main", "up", "--broker", broker]
    process = subprocess.Popen(
        [*command, "--data-dir", str(folder / "data"), "--ready-file", str(ready)],
        stdout=(folder / "up.log").open("ab"),
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + 90
        while not ready.exists():
            assert process.poll() is None, (folder / "up.log").read_text()
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.1)
        yield process, json.loads(ready.read_text())
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pids: dict[str, int]) -> dict[str, int]:
    """Who is still there after a fair time."""
    deadline = time.monotonic() + 20
    alive = dict(pids)
    while alive and time.monotonic() < deadline:
        alive = {name: pid for name, pid in alive.items() if is_alive(pid)}
        time.sleep(0.1)
    return alive


def refer(document: dict[str, Any]) -> str:
    token = fetch_token(document["issuer"], document["clients"]["prison"])
    answer = httpx.post(
        f"{document['services']['referral']}/v1/referrals",
        json=referral_body(),
        headers={"Authorization": f"Bearer {token}"} | new_key(),
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def status_of(document: dict[str, Any], referral_id: str) -> str:
    token = fetch_token(document["issuer"], document["clients"]["prison"])
    answer = httpx.get(
        f"{document['services']['referral']}/v1/referrals/{referral_id}",
        headers={"Authorization": f"Bearer {token}"},
    )
    return str(answer.json()["status"])


def wait_for_status(document: dict[str, Any], referral_id: str, status: str) -> None:
    deadline = time.monotonic() + 30
    while status_of(document, referral_id) != status:
        assert time.monotonic() < deadline, f"{referral_id} never became {status}"
        time.sleep(0.1)


@pytest.mark.timeout(400)
def test_stopped_or_killed_it_leaves_no_orphan_and_the_next_start_goes_on_with_all_of_it(
    tmp_path: Path, broker: str
) -> None:
    with nopsa_up(tmp_path, broker) as (process, first):
        assert set(first["services"]) == {"referral", "caseload", "consent", "analytics"}
        referral_id = refer(first)
        wait_for_status(first, referral_id, "accepted")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert wait_until_gone(first["pids"]) == {}
    with nopsa_up(tmp_path, broker) as (process, second):
        assert status_of(second, referral_id) == "accepted"
        referrals = [refer(second) for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert wait_until_gone(second["pids"]) == {}
    with nopsa_up(tmp_path, broker) as (_, third):
        for referral_id in [*referrals, refer(third)]:
            wait_for_status(third, referral_id, "accepted")
