"""Whatever an endpoint does, a message goes nowhere else, and takes no longer than it may."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from services.referral.webhooks.addresses import Address, Policy
from services.referral.webhooks.courier import Courier, Resolver, Result, resolve
from services.referral.webhooks.rules import Outcome
from tests.support.certificates import certificate_for
from tests.support.hostile import Hostile, hang, hostile
from tests.support.receiver import Receiver

HERE = Policy(allow_http=True, allow_private=True, ports=frozenset())
PUBLIC_ONLY = Policy(allow_http=True, ports=frozenset())
GOOD = b"HTTP/1.1 204 No Content\r\n\r\n"
NAME = "hooks.partner.test"


def saying(*answers: Sequence[str]) -> tuple[Resolver, list[str]]:
    """A name server that answers so, one answer after another, and what it was asked."""
    asked: list[str] = []

    async def resolver(host: str, _: int) -> list[Address]:
        answer = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [ip_address(text) for text in answer]

    return resolver, asked


async def post(
    url: str,
    *,
    policy: Policy = HERE,
    resolver: Resolver = resolve,
    seconds: float = 3.0,
    tls: ssl.SSLContext | None = None,
) -> Result:
    """One try, as the sender makes it."""
    async with Courier(
        policy, timeout=timedelta(seconds=seconds), resolver=resolver, tls=tls
    ) as courier:
        return await courier.post(url, {"content-type": "application/json"}, b'{"a":1}')


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    resolver, asked = saying(["127.0.0.1"])
    async with hostile(answer=GOOD) as server:
        result = await post(f"http://{NAME}:{server.port}/a?b=c", resolver=resolver)
    assert result == Result(Outcome.DELIVERED, 204)
    assert asked == [NAME]
    head = server.heads[0].decode().lower()
    assert head.startswith("post /a?b=c http/1.1\r\n")
    assert f"host: {NAME}:{server.port}\r\n" in head
    assert head.count("host:") == 1


async def test_a_name_that_changes_its_mind_leads_nowhere() -> None:
    resolver, asked = saying(["203.0.114.7"], ["127.0.0.1"])
    async with hostile(answer=GOOD) as server:
        url = f"http://{NAME}:{server.port}/"
        first = await post(url, policy=PUBLIC_ONLY, resolver=resolver, seconds=0.3)
        assert first.outcome in (Outcome.TIMED_OUT, Outcome.UNREACHABLE)
        assert len(asked) == 1
        second = await post(url, policy=PUBLIC_ONLY, resolver=resolver)
    assert second == Result(Outcome.ADDRESS_REFUSED)
    assert server.connections == 0


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "::ffff:127.0.0.1", "fd00:ec2::254"])
async def test_one_inside_address_among_good_ones_is_enough_to_refuse(inside: str) -> None:
    resolver, _ = saying(["203.0.114.7", inside])
    result = await post(f"https://{NAME}/", policy=PUBLIC_ONLY, resolver=resolver)
    assert result == Result(Outcome.ADDRESS_REFUSED)


async def test_an_address_that_does_not_answer_gives_way_to_the_next() -> None:
    resolver, _ = saying(["127.0.0.2", "127.0.0.1"])
    async with hostile(answer=GOOD) as server:
        result = await post(f"http://{NAME}:{server.port}/", resolver=resolver)
    assert result.outcome == Outcome.DELIVERED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(status: int) -> None:
    async with hostile(answer=GOOD) as inside:
        location = f"http://127.0.0.1:{inside.port}/".encode()
        redirect = b"HTTP/1.1 %d Go\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
        async with hostile(answer=redirect % (status, location)) as server:
            result = await post(f"http://127.0.0.1:{server.port}/")
    assert result == Result(Outcome.REDIRECTED, status)
    assert (server.connections, inside.connections) == (1, 0)


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hostile(answer=GOOD) as proxy, hostile(answer=GOOD) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await post(f"http://127.0.0.1:{server.port}/")
    assert (server.connections, proxy.connections) == (1, 0)


async def test_an_endpoint_that_hangs_is_given_up_in_time() -> None:
    async with hostile(behaviour=hang) as server:
        started = time.monotonic()
        result = await post(f"http://127.0.0.1:{server.port}/", seconds=0.3)
        assert time.monotonic() - started < 10
    assert result == Result(Outcome.TIMED_OUT)


async def test_an_endpoint_that_drips_its_head_is_given_up_in_time() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: 1\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with hostile(behaviour=drip) as server:
        started = time.monotonic()
        result = await post(f"http://127.0.0.1:{server.port}/", seconds=0.3)
        assert time.monotonic() - started < 10
    assert result == Result(Outcome.TIMED_OUT)


async def test_a_name_server_that_hangs_is_given_up_in_time() -> None:
    async def never(_: str, __: int) -> list[Address]:
        await asyncio.Event().wait()
        return []

    result = await post(f"https://{NAME}/", resolver=never, seconds=0.2)
    assert result == Result(Outcome.TIMED_OUT)


async def test_gigabytes_in_answer_are_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n"
    async with hostile(answer=head, flood=b"x" * 65_536) as server:
        result = await post(f"http://127.0.0.1:{server.port}/")
        await asyncio.sleep(0.1)
    assert result == Result(Outcome.DELIVERED, 200)
    assert server.written < 30_000_000  # what fits into the buffers of both ends


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 999999 X\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"h" * 300_000,
    ],
    ids=["nothing", "nonsense", "bad-status", "endless-head"],
)
async def test_what_is_no_answer_is_a_failure(answer: bytes) -> None:
    async with hostile(answer=answer) as server:
        result = await post(f"http://127.0.0.1:{server.port}/")
    assert result == Result(Outcome.UNREACHABLE)


async def test_nobody_there_and_no_such_name_are_told_apart() -> None:
    async with hostile() as server:
        port = server.port
    assert await post(f"http://127.0.0.1:{port}/") == Result(Outcome.UNREACHABLE)
    assert await post("http://nobody.invalid/") == Result(Outcome.NAME_UNKNOWN)


@asynccontextmanager
async def secured(context: ssl.SSLContext) -> AsyncIterator[tuple[Hostile, list[str | None]]]:
    """A server with TLS, and the names it was asked for."""
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    seen = Hostile()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(GOOD)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    seen.port = server.sockets[0].getsockname()[1]
    yield seen, names
    server.close()


async def test_the_certificate_must_be_the_names_although_the_address_is_dialled(
    tmp_path: Path,
) -> None:
    server_side, client_side = certificate_for(NAME, tmp_path)
    resolver, _ = saying(["127.0.0.1"])
    async with secured(server_side) as (server, names):
        good = await post(f"https://{NAME}:{server.port}/", resolver=resolver, tls=client_side)
        other = await post(
            f"https://other.partner.test:{server.port}/", resolver=resolver, tls=client_side
        )
        untrusted = await post(f"https://{NAME}:{server.port}/", resolver=resolver)
    assert good == Result(Outcome.DELIVERED, 204)
    assert (other, untrusted) == (Result(Outcome.TLS_FAILED), Result(Outcome.TLS_FAILED))
    assert names == [NAME, "other.partner.test", NAME]
    assert len(server.heads) == 1


async def test_a_small_answer_ends_in_peace(receiver: Receiver) -> None:
    async with Courier(HERE, timeout=timedelta(seconds=3)) as courier:
        body = b'{"data": {}}'
        results = [
            await courier.post(f"{receiver.url}/x", {"webhook-id": str(nth)}, body)
            for nth in range(3)
        ]
    assert results == [Result(Outcome.DELIVERED, 204)] * 3
    assert [message.id for message in receiver.messages] == ["0", "1", "2"]
