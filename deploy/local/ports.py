"""Free ports on the loopback address."""

from __future__ import annotations

import random
import socket

# Below the range from which systems take ports for outgoing connections, so that a port stays
# ours while the process that uses it is down for a restart.
_RANGE = range(20000, 32000)
_TRIES = 200

# What this process gave away and nothing may listen on yet.
_given: set[int] = set()


def free_port() -> int:
    """A port nothing listens on now; in one process never the same one twice."""
    for port in random.sample(_RANGE, _TRIES):
        if port not in _given and _can_bind(port):
            _given.add(port)
            return port
    raise OSError(f"No free port found between {_RANGE.start} and {_RANGE.stop}.")


def _can_bind(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
