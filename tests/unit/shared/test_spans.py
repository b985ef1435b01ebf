"""The span of a request tells its method, its route and how it ended, and no address."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.routing import Route
from starlette.types import Scope

from shared import telemetry
from shared.web import spans

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def finished() -> Iterator[InMemorySpanExporter]:
    """Where ended spans are found."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with patch.object(telemetry, "TRACER", provider.get_tracer("test")):
        yield exporter


def scope_of(path: str = "/v1/referrals/7", headers: Any = (), route: str | None = None) -> Scope:
    """A request as uvicorn tells it, with the route that was found for it."""
    found = {} if route is None else {"route": Route(route, lambda _: None)}
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"phone=1",
        "scheme": "http",
        "http_version": "1.1",
        "headers": list(headers),
    } | found


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    (span,) = exporter.get_finished_spans()
    return span


def test_it_is_named_by_its_route_and_holds_no_address(finished: InMemorySpanExporter) -> None:
    scope = scope_of(route="/v1/referrals/{referral_id}")
    spans.end(spans.begin(scope), scope, 200, None)
    span = only(finished)
    assert (span.name, span.kind) == ("GET /v1/referrals/{referral_id}", SpanKind.SERVER)
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "http.route": "/v1/referrals/{referral_id}",
        "http.response.status_code": 200,
    }
    assert span.status.status_code is StatusCode.UNSET


def test_it_goes_on_with_the_callers_trace(finished: InMemorySpanExporter) -> None:
    scope = scope_of(headers=[(b"traceparent", f"00-{TRACE}-b7ad6b7169203331-01".encode())])
    spans.end(spans.begin(scope), scope, 404, None)
    span = only(finished)
    assert format(span.context.trace_id, "032x") == TRACE
    assert span.parent is not None
    assert format(span.parent.span_id, "016x") == "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [(500, ValueError("010190-900A"), "ValueError"), (503, None, "503")],
)
def test_a_failure_is_told_by_its_kind_alone(
    finished: InMemorySpanExporter, status: int, error: Exception | None, told: str
) -> None:
    scope = scope_of()
    spans.end(spans.begin(scope), scope, status, error)
    span = only(finished)
    assert (span.attributes or {})["error.type"] == told
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None


def test_a_caller_who_left_has_no_status(finished: InMemorySpanExporter) -> None:
    scope = scope_of()
    spans.end(spans.begin(scope), scope, 0, None)
    assert "http.response.status_code" not in (only(finished).attributes or {})


@pytest.mark.parametrize("path", sorted(spans.QUIET))
def test_what_machines_ask_every_few_seconds_has_no_span(
    finished: InMemorySpanExporter, path: str
) -> None:
    scope = scope_of(path)
    spans.end(spans.begin(scope), scope, 200, None)
    assert finished.get_finished_spans() == ()
