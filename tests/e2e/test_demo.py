"""What a newcomer pastes works: `nopsa demo`, and the curl line that `nopsa up` prints."""

import json
import subprocess
import sys

import pytest

from deploy.cli.up import curl_line
from deploy.local.stack import Stack

SHOWN = (
    "contact due",
    "as two senders see",
    "signature verified",
    "back without a new referral",
    "stored_in_both",
    "half_stored",
    "overdue",
    "not told",
    "client-flow",
    "referral-sources",
    "/dashboard",
    "dashboard.html",
    "dashboard.png",
    "trace ",
    "Everything arrived",
)
NOPSA = [sys.executable, "-m", "deploy.cli.main"]


def test_the_demo_shows_every_path_the_reports_and_a_trace_and_ends_well() -> None:
    done = subprocess.run([*NOPSA, "demo"], capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr
    for sender in ("landlord", "prison", "ward", "social-office", "self-service"):
        assert sender in done.stdout
    for shown in SHOWN:
        assert shown in done.stdout


def test_the_curl_line_works_as_pasted(stack: Stack) -> None:
    (stack.data_dir / "ready.json").write_text(_document(stack))
    line = curl_line(stack.urls["referral"], stack.data_dir)
    done = subprocess.run(["/bin/bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert '"status":"requested"' in done.stdout, done.stderr


def _document(stack: Stack) -> str:
    return json.dumps(stack.ready_document())


@pytest.mark.parametrize("arguments", [["trace", "no-such-id"], ["token", "nobody"]])
def test_a_wrong_word_is_answered_in_plain_language(stack: Stack, arguments: list[str]) -> None:
    done = subprocess.run(
        [*NOPSA, *arguments, "--data-dir", str(stack.data_dir)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
