"""Endpoints of webhooks that mean no good: each try ends in time and leads nowhere else."""

import asyncio
import time
from datetime import timedelta
from ipaddress import ip_address

import pytest

from services.referral.webhooks.addresses import Address, Policy
from services.referral.webhooks.courier import Courier, Resolver, Result
from services.referral.webhooks.rules import Outcome
from tests.support.attacks import Attack
from tests.support.hostile import Behaviour, hang, hostile

HERE = Policy(allow_http=True, allow_private=True, ports=frozenset())
PUBLIC_ONLY = Policy(allow_http=True, ports=frozenset())
SECONDS = 1.0
IN_TIME = 15.0
"""A busy machine's allowance; without a limit each of these would last for ever."""

INSIDE = (
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
    *("169.254.169.254", "224.0.0.1", "255.255.255.255", "192.0.0.8", "198.18.0.1", "240.0.0.1"),
    *("::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    *("fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "fec0::1"),
)


def dripping(first: bytes, drop: bytes) -> Behaviour:
    """Sends a drop now and then, for ever."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.05)

    return drip


OK = b"HTTP/1.1 200 OK\r\n"
GIGABYTES = OK + b"Content-Length: 5000000000\r\n\r\n"
ENDLESS = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = b"\x1f\x8b\x08" + b"\x00" * 60_000
TARGETS: dict[str, tuple[bytes | Behaviour, bytes]] = {
    "hangs": (hang, b""),
    "drips its status": (dripping(b"", b"H"), b""),
    "drips its head": (dripping(OK, b"X: 1\r\n"), b""),
    "drips its body": (dripping(OK + b"Content-Length: 9999\r\n\r\n", b"x"), b""),
    "drips chunks": (dripping(ENDLESS, b"1\r\nx\r\n"), b""),
    "answers gigabytes": (GIGABYTES, b"x" * 65_536),
    "answers chunks for ever": (ENDLESS, b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
    "answers a zip bomb": (
        OK + b"Content-Encoding: gzip\r\n\r\n",
        b"\x1f\x8b\x08" + b"\x00" * 60_000,
    ),
    "continues for ever": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "has an endless head": (OK, b"X: " + b"y" * 60_000 + b"\r\n"),
    "has an endless status": (b"HTTP/1.1 200 ", b"x" * 60_000),
    "speaks something else": (b"SSH-2.0-x\r\n", b"\x00" * 1000),
    "switches protocols": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", b"x" * 1000),
}
MOST_READ = 60_000_000
"""What fits into the buffers of both ends, and then some."""


async def post(url: str, policy: Policy = HERE, resolver: Resolver | None = None) -> Result:
    wanted = {"resolver": resolver} if resolver else {}
    async with Courier(policy, timeout=timedelta(seconds=SECONDS), **wanted) as courier:
        return await courier.post(url, {"content-type": "application/json"}, b"{}")


@pytest.mark.parametrize("what", sorted(TARGETS))
async def test_a_webhook_target_that(what: str, attack: Attack) -> None:
    first, flood = TARGETS[what]
    kind = {"answer": first, "flood": flood} if isinstance(first, bytes) else {"behaviour": first}
    async with hostile(**kind) as server:
        started = time.monotonic()
        result = await post(f"http://127.0.0.1:{server.port}/")
        in_time = time.monotonic() - started < IN_TIME
        little = server.written < MOST_READ
    told = f"{result}, {server.written} bytes, in time: {in_time}"
    if result.outcome == Outcome.DELIVERED and in_time and little:
        attack.take()
    else:
        attack.expect_refused(in_time and little, told)


async def test_a_webhook_target_that_redirects_inward(attack: Attack) -> None:
    async with hostile(answer=b"HTTP/1.1 204 No Content\r\n\r\n") as inside:
        for status in (300, 301, 302, 303, 304, 305, 307, 308):
            for place in (f"http://127.0.0.1:{inside.port}/", "//127.0.0.1/", "file:///etc/passwd"):
                head = f"HTTP/1.1 {status} Go\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
                async with hostile(answer=head.encode()) as server:
                    result = await post(f"http://127.0.0.1:{server.port}/")
                refused = result.outcome == Outcome.REDIRECTED and server.connections == 1
                attack.expect_refused(refused and not inside.connections, f"{status}: {result}")


async def test_a_webhook_target_whose_name_leads_inward(attack: Attack) -> None:
    for inside in INSIDE:
        for addresses in ([inside], ["203.0.114.7", inside]):

            async def resolver(_: str, __: int, told: list[str] = addresses) -> list[Address]:
                return [ip_address(text) for text in told]

            result = await post("http://hooks.partner.test/", PUBLIC_ONLY, resolver)
            attack.expect_refused(
                result.outcome == Outcome.ADDRESS_REFUSED, f"{addresses} {result}"
            )
    for spelled in ("2130706433", "0x7f000001", "127.1", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]"):
        result = await post(f"http://{spelled}/", PUBLIC_ONLY)
        refused = result.outcome in (Outcome.ADDRESS_REFUSED, Outcome.NAME_UNKNOWN)
        attack.expect_refused(refused, f"{spelled}: {result}")
