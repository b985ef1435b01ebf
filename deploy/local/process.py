"""One child process: what to run, how it is tied to us, and how it ends.

On Linux a child gets its `death_signal` when the thread that started it ends, also on kill -9.
Commands must therefore be launched from a thread that lives as long as the children should.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Looked up before any fork: a forked child of a process with threads must not load libraries.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

CODE_ROOT = Path(__file__).resolve().parents[2]


class ProcessFailed(RuntimeError):
    """A process did not do what it was started for; the message says what it said last."""


@dataclass(frozen=True)
class Command:
    """A program with its surroundings; `uid` is another user to run it as, given to root only."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path = CODE_ROOT
    death_signal: signal.Signals = signal.SIGTERM
    uid: int | None = None


@dataclass(frozen=True)
class Spec:
    """A command that stays up, and how to tell that it is ready. Higher tiers need the lower."""

    command: Command
    tier: int
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    ready_seconds: float = 60.0
    grace_seconds: float = 10.0

    @property
    def name(self) -> str:
        return self.command.name


def launch(command: Command, log: Path) -> subprocess.Popen[bytes]:
    """Start the command in its own session, so that Ctrl-C reaches us alone; append to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command.argv),
            env=dict(command.env),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=command.uid,
            group=command.uid,
            extra_groups=None if command.uid is None else [],
            preexec_fn=_tie_to_parent(command.death_signal),
        )


def _tie_to_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if _prctl is None:
        return None
    prctl, parent, number = _prctl, os.getpid(), int(death_signal)

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        # The parent may have died before the line above took effect.
        if os.getppid() != parent:
            os._exit(1)

    return tie


def end(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """Wait for a process that was told to stop; kill it when its time is over."""
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def log_tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log, for the message of a failure."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
