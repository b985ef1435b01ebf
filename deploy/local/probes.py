"""Questions to a process on a port: do you listen, are you ready? Answers never raise."""

from __future__ import annotations

import http.client
import socket

_SECONDS = 2.0


def tcp_open(port: int) -> bool:
    """Whether something accepts connections on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS):
            return True
    except OSError:
        return False


def http_ready(port: int) -> bool:
    """Whether `GET /readyz` on the port answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
