"""Starts child processes, waits until they are ready, restarts what crashes, stops everything.

Every child is launched from one thread that lives as long as the supervisor, because a child
ends with the thread that started it; callers may use any thread.
A process that needs more than a plain start to come back has its own revival (`revive_with`).
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.local.process import Command, ProcessFailed, Spec, end, launch, log_tail

_LONGEST_WAIT = 30.0
_STABLE_AFTER = 30.0
_POLL = 0.05


class Closing(RuntimeError):
    """The supervisor is stopping, so what was being started is no longer wanted."""


def backoff_seconds(failures: int) -> float:
    """How long to wait before the next start after so many crashes in a row."""
    return min(2.0 ** (failures - 1), _LONGEST_WAIT)


@dataclass
class _Slot:
    spec: Spec
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = False
    launched_at: float = 0.0
    failures: int = 0
    due_at: float | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps the added processes in the state that was asked for."""

    def __init__(
        self,
        log_dir: Path,
        progress: Callable[[str], None] = lambda line: None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.log_dir = log_dir
        self.progress = progress
        self._changed = changed
        self._slots: dict[str, _Slot] = {}
        self._tasks: list[subprocess.Popen[bytes]] = []
        self._revivals: dict[str, Callable[[], None]] = {}
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
        self._closing = threading.Event()
        self._monitor: threading.Thread | None = None
        # Held over every change; the start of a whole stack holds it throughout.
        self.undisturbed = threading.RLock()

    def add(self, spec: Spec) -> None:
        """Make a process known; it is not started yet."""
        self._slots[spec.name] = _Slot(spec)

    def revive_with(self, name: str, revival: Callable[[], None]) -> None:
        """From the second start on, `revival` brings the process back; it calls `spawn` itself."""
        self._revivals[name] = revival

    def watch(self) -> None:
        """From now on, restart what crashes."""
        self._monitor = threading.Thread(target=self._watch, name="monitor", daemon=True)
        self._monitor.start()

    def pids(self) -> dict[str, int]:
        """The process ids of all that run now."""
        return {
            name: slot.process.pid
            for name, slot in self._slots.items()
            if slot.process is not None and slot.running
        }

    def wanted(self, names: Iterable[str]) -> list[str]:
        """Those of the names that should be up."""
        return [name for name in names if self._slots[name].wanted]

    def run(self, command: Command, timeout: float = 120.0) -> None:
        """Run a command to its end; raise `ProcessFailed` when it fails."""
        log = self._log(command.name)
        process = self._spawner.submit(self._begin_task, command).result()
        deadline = time.monotonic() + timeout
        while process.poll() is None:
            if self._closing.is_set() or time.monotonic() > deadline:
                end(process, 0)
                self._check_open()
                raise ProcessFailed(f"{command.name} took longer than {timeout:.0f} seconds.")
            time.sleep(_POLL)
        if process.returncode != 0:
            raise ProcessFailed(_failure(command.name, process.returncode, log))

    def spawn(self, names: Sequence[str]) -> None:
        """Start processes without waiting for them; what runs already is left alone."""
        with self.undisturbed:
            for name in names:
                slot = self._slots[name]
                slot.wanted = True
                if not slot.running:
                    self._spawner.submit(self._fill, slot).result()
            self._changed()

    def wait_ready(self, names: Sequence[str]) -> None:
        """Return when all are ready; raise when one ends or takes too long."""
        waiting = [self._slots[name] for name in names]
        while waiting:
            self._check_open()
            waiting = [slot for slot in waiting if not self._is_ready(slot)]
            time.sleep(_POLL if waiting else 0)

    def start(self, name: str) -> None:
        """Start one process, by its revival if it has run before, and wait until it is ready."""
        with self.undisturbed:
            slot = self._slots[name]
            slot.wanted, slot.failures, slot.due_at = True, 0, None
            if slot.running:
                return
            self._bring_up(slot)
            self.wait_ready([name])

    def stop(self, *names: str) -> None:
        """Stop processes together, gently and then by force; they stay down until started."""
        with self.undisturbed:
            slots = [self._slots[name] for name in names]
            for slot in slots:
                slot.wanted, slot.due_at = False, None
                if slot.process is not None and slot.running:
                    slot.process.send_signal(slot.spec.stop_signal)
            for slot in slots:
                if slot.process is not None:
                    end(slot.process, slot.spec.grace_seconds)
            self._changed()

    def kill(self, name: str, *, hold: bool = False) -> None:
        """End a process without warning; with `hold` it stays down until started."""
        with self.undisturbed:
            slot = self._slots[name]
            slot.wanted = slot.wanted and not hold
            if slot.process is not None:
                slot.process.kill()
                slot.process.wait()
            self._changed()

    def close(self) -> None:
        """Stop everything, the last started tier first, and start nothing more."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._monitor is not None:
            self._monitor.join()
        # A launch that was under way is known once the launching thread is idle.
        self._spawner.submit(lambda: None).result()
        for task in self._tasks:
            end(task, 0)
        for tier in sorted({slot.spec.tier for slot in self._slots.values()}, reverse=True):
            self.stop(*(name for name, slot in self._slots.items() if slot.spec.tier == tier))
        self._spawner.shutdown()

    def _watch(self) -> None:
        while not self._closing.wait(4 * _POLL):
            with self.undisturbed:
                for slot in self._slots.values():
                    self._tend(slot)

    def _tend(self, slot: _Slot) -> None:
        if not slot.wanted or slot.running or self._closing.is_set():
            return
        if slot.due_at is None:
            self._plan_restart(slot)
        elif time.monotonic() >= slot.due_at:
            self._restart(slot)

    def _plan_restart(self, slot: _Slot) -> None:
        if time.monotonic() - slot.launched_at > _STABLE_AFTER:
            slot.failures = 0
        slot.failures += 1
        wait = backoff_seconds(slot.failures)
        slot.due_at = time.monotonic() + wait
        self.progress(f"{slot.spec.name} stopped unexpectedly; starting it again in {wait:.0f} s.")
        self._changed()

    def _restart(self, slot: _Slot) -> None:
        slot.due_at = None
        try:
            self._bring_up(slot)
        except Closing:
            return
        except (ProcessFailed, OSError) as error:
            self.progress(f"{slot.spec.name} could not be brought back: {error}")
            # Half a revival is none: the next attempt begins from a stopped process.
            if slot.process is not None:
                slot.process.kill()
                slot.process.wait()
        else:
            self.progress(f"{slot.spec.name} is running again.")

    def _bring_up(self, slot: _Slot) -> None:
        revival = self._revivals.get(slot.spec.name)
        if revival is None or slot.process is None:
            self.spawn([slot.spec.name])
        else:
            revival()

    def _fill(self, slot: _Slot) -> None:
        # On the launching thread, so that a started process is always known, come what may.
        slot.launched_at = time.monotonic()
        slot.process = self._launch(slot.spec.command)

    def _begin_task(self, command: Command) -> subprocess.Popen[bytes]:
        process = self._launch(command)
        self._tasks = [task for task in self._tasks if task.poll() is None] + [process]
        return process

    def _launch(self, command: Command) -> subprocess.Popen[bytes]:
        self._check_open()
        return launch(command, self._log(command.name))

    def _is_ready(self, slot: _Slot) -> bool:
        name = slot.spec.name
        if slot.process is None or not slot.running:
            code = slot.process.returncode if slot.process else None
            raise ProcessFailed(_failure(name, code, self._log(name)))
        if slot.spec.ready():
            return True
        if time.monotonic() - slot.launched_at > slot.spec.ready_seconds:
            raise ProcessFailed(
                f"{name} was not ready after {slot.spec.ready_seconds:.0f} seconds; "
                f"its log is {self._log(name)}:\n{log_tail(self._log(name))}"
            )
        return False

    def _check_open(self) -> None:
        if self._closing.is_set():
            raise Closing("The stack is stopping.")

    def _log(self, name: str) -> Path:
        return self.log_dir / f"{name}.log"


def _failure(name: str, code: int | None, log: Path) -> str:
    return f"{name} failed (exit code {code}); its log is {log}:\n{log_tail(log)}"
