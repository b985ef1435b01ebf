"""A log line is one JSON object with its trace, says nothing identifying, and never fails."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from shared import logs
logs.set_up("referral", "app")
LOG = structlog.get_logger()
LOG.info("taken", count=1, note="call 040 1234567", route="/v1/things", by={1: "ä"})
try:
    raise ValueError("Aino Virtanen")
except ValueError:
    LOG.warning("failed", exc_info=True)
    logging.getLogger("some.library").error("also", exc_info=True)
LOG.debug("not told")
print("done")
"""


def run(stderr: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        check=True,
        timeout=60,
    )


def test_lines_of_ours_and_of_libraries_are_json_without_what_identifies() -> None:
    lines = [json.loads(line) for line in run(subprocess.PIPE).stderr.splitlines()]
    taken, failed, also = lines
    assert taken["event"] == "taken"
    assert (taken["service"], taken["process"], taken["level"]) == ("referral", "app", "info")
    assert (taken["count"], taken["note"], taken["by"]) == (1, "call ***", {"1": "ä"})
    assert "T" in taken["timestamp"]
    assert (failed["event"], also["event"]) == ("failed", "also")
    assert "Aino" not in json.dumps(lines)


def test_a_full_disk_stops_nobody_who_logs() -> None:
    with open("/dev/full", "wb") as full:
        assert run(full.fileno()).stdout == "done\n"
