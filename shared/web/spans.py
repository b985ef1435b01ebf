"""The span of a request, in the caller's trace: its method, its route and how it ended, never the
address that was asked for. FastAPI would make one by itself, but with the address, and in nearly
twice the time.
"""

from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode
from starlette.types import Scope

from shared import telemetry

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: no spans, no log lines."""


def begin(scope: Scope) -> Span:
    """The span of this request, for whoever began it to end."""
    if scope["path"] in QUIET:
        return INVALID_SPAN
    carried = {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"traceparent", b"tracestate")
    }
    method: str = scope["method"]
    attributes = {
        "http.request.method": method,
        "url.scheme": scope["scheme"],
        "network.protocol.version": scope["http_version"],
    }
    return telemetry.TRACER.start_span(
        method,
        context=telemetry.context_of(carried),
        kind=SpanKind.SERVER,
        attributes=attributes,
    )


def end(span: Span, scope: Scope, status: int, error: Exception | None) -> None:
    """Ends it: answered with this status, 0 where the caller left before there was one; `error` is
    what no handler of the application's own knew."""
    if not span.is_recording():
        return
    attributes: dict[str, str | int] = {}
    route = getattr(scope.get("route"), "path", None)
    if route is not None:
        span.update_name(f"{scope['method']} {route}")
        attributes["http.route"] = route
    if status:
        attributes["http.response.status_code"] = status
    if error is not None or status >= 500:
        attributes["error.type"] = type(error).__name__ if error else str(status)
        span.set_status(Status(StatusCode.ERROR))
    span.set_attributes(attributes)
    span.end()
