"""What every request passes before its endpoint: span, timing, log line, token, rate, net for
errors.

Written as one ASGI middleware: it sees the route template when the answer begins, and never the
body.
"""

import time

import structlog
from opentelemetry.trace import Span
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics, telemetry
from shared.auth import TokenChecker, authenticate
from shared.problems import BODY_TOO_LARGE, RATE_LIMITED, Problem
from shared.web import spans
from shared.web.errors import of_exception, response
from shared.web.rate import Allowance, RateLimiter

LOG = structlog.get_logger("nopsa.request")
PROTECTED = ("/v1/", "/fhir/")
OPEN = frozenset({"/fhir/r4/metadata"})
"""Says what a FHIR server can do, and how to get a token for it; holds no data of anybody."""


class Door:
    """Authenticates under `/v1` and `/fhir` and holds callers to their rate, answers what nobody
    else answered, logs and counts."""

    def __init__(
        self, app: ASGIApp, checker: TokenChecker, limiter: RateLimiter, service: str
    ) -> None:
        self._app = app
        self._checker = checker
        self._limiter = limiter
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        span = spans.begin(scope)
        with telemetry.within(span):
            await self._serve(span, scope, receive, _telling(scope, send))

    async def _serve(self, span: Span, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 0
        unexpected: Exception | None = None
        replaced = False

        async def noting_send(message: Message) -> None:
            nonlocal status, replaced
            if message["type"] == "http.response.start":
                status = message["status"]
                replaced = _is_plain_refusal(message)
                if replaced:
                    await response(Problem(BODY_TOO_LARGE), scope)(scope, receive, send)
            if not replaced:
                await send(message)

        try:
            await self._admit(scope)
            await self._app(scope, receive, noting_send)
        except Exception as error:
            unexpected = None if isinstance(error, Problem) else error
            if status:
                raise
            await response(of_exception(error), scope)(scope, receive, noting_send)
        finally:
            spans.end(span, scope, status, unexpected)
            self._note(scope, status, time.perf_counter() - started)

    async def _admit(self, scope: Scope) -> None:
        """Notes who calls, and what they may still call, in the request's state."""
        path: str = scope["path"]
        if path in OPEN or not f"{path}/".startswith(PROTECTED):
            return
        authorization = HTTPConnection(scope).headers.get("authorization")
        caller = await authenticate(self._checker, authorization)
        rate = self._limiter.take(caller.client_id)
        scope.setdefault("state", {}).update(caller=caller, rate=rate)
        if rate.retry_after:
            raise Problem(RATE_LIMITED, headers={"Retry-After": str(rate.retry_after)})

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        metrics.REQUESTS.labels(self._service, scope["method"], route, str(status)).observe(seconds)
        if route in spans.QUIET:
            return
        caller = scope.get("state", {}).get("caller")
        LOG.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            client_id=caller.client_id if caller else None,
        )


def _telling(scope: Scope, send: Send) -> Send:
    """`send` that adds to the answer's headers the trace, and the caller's allowance once there is
    a caller."""

    async def telling_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: list[tuple[bytes, bytes]] = message["headers"]
            traceresponse = telemetry.traceresponse()
            if traceresponse is not None:
                headers.append((b"traceresponse", traceresponse.encode()))
            rate: Allowance | None = scope.get("state", {}).get("rate")
            if rate is not None:
                headers.extend(rate.headers())
        await send(message)

    return telling_send


def _is_plain_refusal(message: Message) -> bool:
    """Whether this begins the body limiter's own answer, which is plain text."""
    if message["status"] != BODY_TOO_LARGE.status:
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")
