"""What processes use of the processor and of memory, from /proc."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def processor_seconds(pid: int) -> float:
    """What a process has used so far, by itself and in the kernel."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def family_seconds(pid: int) -> float:
    """What a process and its children have used so far, also those that ended: PostgreSQL."""
    fields = _stat(pid)
    ended = (int(fields[13]) + int(fields[14])) / _TICKS
    return processor_seconds(pid) + ended + sum(map(_seconds_or_none, _children(pid)))


def resident_megabytes(pid: int) -> float:
    """The memory that a process has by itself (RSS)."""
    lines = (_PROC / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def _children(pid: int) -> list[int]:
    found = []
    for folder in _PROC.glob("[0-9]*"):
        try:
            parent = int(_stat(int(folder.name))[1])
        except OSError:
            continue
        if parent == pid:
            found.append(int(folder.name))
    return found


def _seconds_or_none(pid: int) -> float:
    try:
        return processor_seconds(pid)
    except OSError:
        return 0.0


def _stat(pid: int) -> list[str]:
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
