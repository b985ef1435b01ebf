"""Hundreds of callers that drip: each is cut off, and others are served meanwhile."""

import asyncio

import pytest

from shared.web import patience
from tests.integration.platform.test_slow_callers import dripped
from tests.integration.referral.conftest import Service
from tests.support.attacks import Attack
from tests.support.bodies import referral_body

CALLERS = 60
IMPORT = "/v1/referral-imports"


def head(target: Service, path: str, media_type: str) -> bytes:
    token = target.sender("prison")["Authorization"]
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
        f"Content-Type: {media_type}\r\nIdempotency-Key: slow\r\nContent-Length: 100000\r\n\r\n"
    ).encode()


def ways(target: Service) -> list[tuple[str, bytes, bytes]]:
    """What is sent first, and then drop by drop."""
    return [
        ("nothing", b"", b""),
        ("blank lines", b"", b"\r\n"),
        ("a head", b"GET /v1/me HTTP/1.1\r\n", b"X: 1\r\n"),
        ("a method", b"", b"G"),
        ("a referral", head(target, "/v1/referrals", "application/json"), b" "),
        ("a bundle", head(target, "/fhir/r4", "application/fhir+json"), b" "),
        ("a file", head(target, IMPORT, "application/x-ndjson"), b"\n"),
        ("a table", head(target, IMPORT, "text/csv"), b"x"),
        ("nobody's body", b"POST /v1/me HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n", b" "),
    ]


async def test_a_slow_client_is_cut_off_and_others_are_served(
    target: Service, attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("HEAD", 4.0), ("PAUSE", 4.0), ("BODY", 6.0), ("IDLE", 6.0)):
        monkeypatch.setattr(patience, f"{name}_SECONDS", seconds)
    slow = [
        asyncio.create_task(dripped(target.http, first, drop, 0.3))
        for nth in range(CALLERS)
        for _, first, drop in ways(target)
    ]
    await asyncio.sleep(1)
    while not all(task.done() for task in slow):
        answer = await target.post("prison", referral_body())
        if answer.status_code == 201:
            attack.take()
        else:
            attack.went_wrong(f"somebody else was answered {answer.status_code}")
        await asyncio.sleep(0.2)
    for task in slow:
        told = "still held" if task.exception() else task.result()[:200].decode()
        attack.expect_refused(task.exception() is None and told[:12] in ("", *REFUSED), f"{told}")


REFUSED = tuple(f"HTTP/1.1 {status}" for status in (400, 401, 408, 422))
