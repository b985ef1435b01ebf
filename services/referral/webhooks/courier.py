"""Carries one message to one endpoint, and can be led nowhere else.

The name is resolved once, every address is checked, and the connection goes to a checked address
itself, so a name that changes its mind between check and connection leads nowhere. Redirects are
not followed, proxies from the environment are not used, and no connection is kept: it would be
found by its address, whatever name its certificate was checked for.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import httpx

from services.referral.webhooks.addresses import (
    Address,
    Endpoint,
    EndpointRefusedError,
    Policy,
    check,
    parse,
)
from services.referral.webhooks.rules import Outcome, outcome_of, parse_retry_after
from shared.clock import utc_now

CONNECT_SECONDS = 5.0
RESOLVE_SECONDS = 5.0
DRAIN_SECONDS = 1.0
MAX_ANSWER_BYTES = 65_536
"""An answer is read so far, for politeness, and thrown away."""
RESOLVER_THREADS = 8

Resolver = Callable[[str, int], Awaitable[list[Address]]]

_threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="webhook-resolver")


async def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name by the system's resolver. Raises `OSError` when there is none, or
    it takes too long. It has threads of its own: a slow name server delays webhooks alone."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(RESOLVE_SECONDS):
        found = await loop.run_in_executor(
            _threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


async def check_endpoint(url: str, policy: Policy, resolver: Resolver = resolve) -> None:
    """Raises `EndpointRefusedError` when an endpoint must not be registered. A name that does not
    resolve now is taken: it may later, and every send checks anew."""
    endpoint = parse(url, policy)
    with suppress(OSError, UnicodeError):
        check(await resolver(endpoint.host, endpoint.port), policy)


@dataclass(frozen=True)
class Result:
    """What came of a try."""

    outcome: Outcome
    status: int | None = None
    retry_after: timedelta | None = None


class Courier:
    """Posts messages; an asynchronous context. `tls` replaces the system's trust in tests."""

    def __init__(
        self,
        policy: Policy,
        *,
        timeout: timedelta,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._seconds = timeout.total_seconds()
        self._resolver = resolver
        self._client = httpx.AsyncClient(
            verify=tls or httpx.create_ssl_context(),
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=httpx.Timeout(None, connect=min(CONNECT_SECONDS, self._seconds)),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Result:
        """Posts once and tells what came of it; whatever the endpoint does, it never raises."""
        try:
            endpoint = parse(url, self._policy)
            async with asyncio.timeout(self._seconds):
                addresses = await self._resolver(endpoint.host, endpoint.port)
                check(addresses, self._policy)
                response = await self._send(endpoint, addresses, headers, body)
        except EndpointRefusedError:
            return Result(Outcome.ADDRESS_REFUSED)
        except TimeoutError:
            return Result(Outcome.TIMED_OUT)
        except (socket.gaierror, UnicodeError):
            return Result(Outcome.NAME_UNKNOWN)
        except (httpx.HTTPError, OSError) as error:
            return Result(_failure(error))
        await _drain(response)
        wait = parse_retry_after(response.headers.get("retry-after"), utc_now())
        return Result(outcome_of(response.status_code), response.status_code, wait)

    async def _send(
        self,
        endpoint: Endpoint,
        addresses: list[Address],
        headers: Mapping[str, str],
        body: bytes,
    ) -> httpx.Response:
        """The answer of the first address that can be connected to."""
        refused: httpx.HTTPError = httpx.ConnectError("the name has no address")
        for address in addresses:
            request = self._client.build_request(
                "POST",
                endpoint.url.copy_with(host=str(address)),
                headers={**headers, "Host": endpoint.url.netloc.decode("ascii")},
                content=body,
                extensions={"sni_hostname": endpoint.host},
            )
            try:
                return await self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                refused = error
        raise refused


async def _drain(response: httpx.Response) -> None:
    """Reads a little of the answer, so that a small one ends in peace, and closes."""
    with suppress(httpx.HTTPError, httpx.StreamError, OSError, TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            read = 0
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read >= MAX_ANSWER_BYTES:
                    break
    with suppress(httpx.HTTPError, OSError):
        await response.aclose()


def _failure(error: BaseException) -> Outcome:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Outcome.TLS_FAILED
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return Outcome.TIMED_OUT
    return Outcome.UNREACHABLE
