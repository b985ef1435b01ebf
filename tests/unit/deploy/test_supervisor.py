"""The supervisor keeps processes in the state that was asked for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import supervisor as module
from deploy.local.process import Command, ProcessFailed, Spec
from deploy.local.supervisor import Supervisor, backoff_seconds

SLEEP = ["/bin/sh", "-c", "exec sleep 60"]
STUBBORN = ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(module, "backoff_seconds", lambda failures: 0.05)
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.close()


def spec(name: str, argv: list[str], tier: int = 0, grace_seconds: float = 5.0) -> Spec:
    command = Command(name, argv, {"PATH": os.defpath}, cwd=Path("/"))
    return Spec(command, tier, ready=lambda: True, grace_seconds=grace_seconds)


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_backoff_doubles_up_to_half_a_minute() -> None:
    assert [backoff_seconds(n) for n in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_starts_lists_and_stops(supervisor: Supervisor) -> None:
    supervisor.add(spec("one", SLEEP))
    assert supervisor.pids() == {}
    supervisor.start("one")
    pid = supervisor.pids()["one"]
    supervisor.start("one")
    assert supervisor.pids() == {"one": pid}
    supervisor.stop("one")
    assert supervisor.pids() == {}
    assert not alive(pid)


def test_kills_what_does_not_stop_in_time(supervisor: Supervisor) -> None:
    supervisor.add(spec("one", STUBBORN, grace_seconds=0.2))
    supervisor.start("one")
    time.sleep(0.2)
    supervisor.stop("one")
    assert supervisor.pids() == {}


def test_restarts_a_crashed_process(supervisor: Supervisor) -> None:
    supervisor.add(spec("one", SLEEP))
    supervisor.start("one")
    supervisor.watch()
    first = supervisor.pids()["one"]
    os.kill(first, signal.SIGKILL)
    eventually(lambda: supervisor.pids().get("one", first) != first)


def test_a_held_process_stays_down_until_started(supervisor: Supervisor) -> None:
    supervisor.add(spec("one", SLEEP))
    supervisor.start("one")
    supervisor.watch()
    supervisor.kill("one", hold=True)
    time.sleep(0.6)
    assert supervisor.pids() == {}
    supervisor.start("one")
    assert "one" in supervisor.pids()


def test_revival_replaces_every_start_but_the_first(supervisor: Supervisor) -> None:
    revived: list[str] = []

    def revive() -> None:
        revived.append("one")
        supervisor.spawn(["one"])

    supervisor.add(spec("one", SLEEP))
    supervisor.revive_with("one", revive)
    supervisor.start("one")
    assert revived == []
    supervisor.watch()
    supervisor.kill("one")
    eventually(lambda: "one" in supervisor.pids())
    supervisor.stop("one")
    supervisor.start("one")
    assert revived == ["one", "one"]


def test_a_failed_revival_is_tried_again_from_a_stopped_process(supervisor: Supervisor) -> None:
    attempts: list[int] = []

    def revive() -> None:
        supervisor.spawn(["one"])
        attempts.append(supervisor.pids()["one"])
        if len(attempts) == 1:
            raise ProcessFailed("not this time")

    supervisor.add(spec("one", SLEEP))
    supervisor.revive_with("one", revive)
    supervisor.start("one")
    supervisor.watch()
    supervisor.kill("one")
    eventually(lambda: len(attempts) == 2)
    assert not alive(attempts[0])


def test_waiting_for_a_process_that_ends_says_what_it_said(supervisor: Supervisor) -> None:
    supervisor.add(spec("one", ["/bin/sh", "-c", "echo no room; exit 3"]))
    supervisor.spawn(["one"])
    eventually(lambda: supervisor.pids() == {})
    with pytest.raises(ProcessFailed, match=r"(?s)exit code 3.*no room"):
        supervisor.wait_ready(["one"])


def test_a_failing_command_says_what_it_said(supervisor: Supervisor) -> None:
    command = Command("task", ["/bin/sh", "-c", "echo broken; exit 1"], {}, cwd=Path("/"))
    with pytest.raises(ProcessFailed, match="broken"):
        supervisor.run(command)


def test_closing_stops_the_higher_tiers_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    supervisor = Supervisor(tmp_path)
    for tier, name in enumerate(("database", "service")):
        line = f"trap 'echo {name} >> {order}; exit' TERM; touch {tmp_path}/{name}; "
        supervisor.add(spec(name, ["/bin/sh", "-c", line + "while :; do sleep 0.05; done"], tier))
        supervisor.start(name)
        eventually((tmp_path / name).exists)
    supervisor.close()
    assert order.read_text().split() == ["service", "database"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs the parent-death signal of Linux")
def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    code = f"""
import pathlib, time
from deploy.local.process import Command, Spec
from deploy.local.supervisor import Supervisor
s = Supervisor(pathlib.Path({str(tmp_path)!r}))
s.add(Spec(Command("one", {SLEEP!r}, {{"PATH": "/bin:/usr/bin"}}), 0, ready=lambda: True))
s.start("one")
print(s.pids()["one"], flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    eventually(lambda: not alive(child))
