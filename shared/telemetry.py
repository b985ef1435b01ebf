"""One W3C trace from a request to the last consumer, without personal data.

Spans go out by OTLP when an endpoint is configured, else to one file per process that
`nopsa trace` reads. Whatever an instrumentation recorded of a URL or an exception text is dropped
or masked on the way out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.jsontext import text_of
from shared.redaction import mask_value
from shared.settings import PlatformSettings

TRACE_HEADERS = ("traceparent", "tracestate")
TRACER = trace.get_tracer("nopsa")

_PROPAGATOR = TraceContextTextMapPropagator()
_IDS = RandomIdGenerator()
_FLUSH_MILLISECONDS = 300
_DROPPED_ATTRIBUTES = frozenset(
    {
        "http.url",
        "http.target",
        "url.full",
        "url.path",
        "url.query",
        "http.user_agent",
        "user_agent.original",
        "exception.message",
        "exception.stacktrace",
    }
)
_state = {"service": "nopsa"}


def service_name() -> str:
    """The service this process belongs to, as set up."""
    return _state["service"]


def set_up(settings: PlatformSettings, process: str) -> None:
    """Wires tracing for this process once. `process` (app or worker) names its span file."""
    _state["service"] = settings.service_name
    provider = TracerProvider(
        resource=Resource.create(
            {
                "service.name": f"nopsa-{settings.service_name}",
                "service.namespace": "nopsa",
                "nopsa.process": process,
                "deployment.environment.name": settings.environment,
            }
        ),
        sampler=ParentBased(TraceIdRatioBased(settings.trace_sample_ratio)),
    )
    exporter = _exporter(settings, process)
    if exporter is not None:
        provider.add_span_processor(
            BatchSpanProcessor(PrivateExporter(exporter), schedule_delay_millis=_FLUSH_MILLISECONDS)
        )
    trace.set_tracer_provider(provider)
    AsyncPGInstrumentor().instrument(tracer_provider=provider)  # type: ignore[no-untyped-call]


def carrier() -> dict[str, str]:
    """The current trace as W3C headers; empty outside a trace."""
    headers: dict[str, str] = {}
    _PROPAGATOR.inject(headers)
    return headers


def context_of(headers: Mapping[str, str]) -> Context:
    """The trace context that W3C headers carry; a root context without them."""
    return _PROPAGATOR.extract(dict(headers), context=Context()) if headers else Context()


def trace_id() -> str | None:
    """The current trace id as 32 hex digits, or None outside a trace."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None


def traceresponse() -> str | None:
    """The current span as a caller is told of it (W3C Trace Context Level 2, `traceresponse`)."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    ids = f"{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}"
    return f"00-{ids}-{context.trace_flags:02x}"


def tag(**attributes: str | int | bool) -> None:
    """Adds `nopsa.*` attributes (ids and codes only) to the current span."""
    span = trace.get_current_span()
    for name, value in attributes.items():
        span.set_attribute(f"nopsa.{name}", value)


@contextmanager
def span(
    name: str,
    kind: SpanKind,
    parent: Context,
    attributes: Mapping[str, str | int],
) -> Iterator[trace.Span]:
    """A span under `parent`. An exception marks it as failed; its text is not recorded."""
    with TRACER.start_as_current_span(
        name,
        context=parent,
        kind=kind,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(Status(trace.StatusCode.ERROR, type(error).__name__))
            raise


def begin(name: str, attributes: Mapping[str, str | int]) -> trace.Span:
    """A span in a trace of its own, for whoever began it to end; see `within`."""
    return TRACER.start_span(
        name, context=Context(), kind=SpanKind.CONSUMER, attributes=dict(attributes)
    )


def begin_unrecorded(parent: Mapping[str, str] | None = None) -> trace.Span:
    """What `begin` gives, for work in bulk: it carries the trace of `parent` (W3C headers), or one
    of its own, but is marked as not to be recorded. A million spans of one request help nobody."""
    context = trace.get_current_span(context_of(parent or {})).get_span_context()
    unsampled = SpanContext(
        trace_id=context.trace_id or _IDS.generate_trace_id(),
        span_id=_IDS.generate_span_id(),
        is_remote=True,
    )
    return NonRecordingSpan(unsampled)


@contextmanager
def within(span: trace.Span) -> Iterator[None]:
    """What is done in here belongs to `span`, one of several that are at work by turns."""
    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        yield


@contextmanager
def together(name: str, spans: Sequence[trace.Span]) -> Iterator[None]:
    """What is done in here is done for all of the spans: within the one, or within a span in a
    trace of its own that is linked to each of several. That one tells how long it took; of its
    statements, which are nobody's alone, no spans are kept."""
    if len(spans) == 1:
        with within(spans[0]):
            yield
        return
    links = [trace.Link(span.get_span_context()) for span in spans]
    with (
        TRACER.start_as_current_span(
            name,
            context=Context(),
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        ),
        suppress_instrumentation(),
    ):
        yield


@contextmanager
def unrecorded(parent: Mapping[str, str]) -> Iterator[None]:
    """Whatever is done in here, and whatever that causes, is in bulk: see `begin_unrecorded`."""
    with trace.use_span(begin_unrecorded(parent), end_on_exit=False):
        yield


def _exporter(settings: PlatformSettings, process: str) -> SpanExporter | None:
    if settings.otlp_endpoint:
        return OTLPSpanExporter()
    if settings.span_dir:
        return FileExporter(settings.span_dir / f"{settings.service_name}-{process}.jsonl")
    return None


class FileExporter(SpanExporter):
    """Appends one JSON line a span: the local span store."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Appends the spans to the file."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(_line(span) for span in spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is held open."""


def _line(span: ReadableSpan) -> str:
    """A span as `nopsa trace` reads it. The SDK's own JSON repeats in each what is known of the
    process, which takes longer than all the rest of a span."""
    parent = span.parent
    told = {
        "trace_id": trace.format_trace_id(span.context.trace_id),
        "span_id": trace.format_span_id(span.context.span_id),
        "parent_id": trace.format_span_id(parent.span_id) if parent else None,
        "name": span.name,
        "service": span.resource.attributes.get("service.name"),
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "attributes": dict(span.attributes or {}),
        "failed": span.status.status_code is trace.StatusCode.ERROR,
    }
    return f"{text_of(told)}\n"


class PrivateExporter(SpanExporter):
    """Lets through only what may leave: no URLs, no exception texts, nothing that looks
    identifying. Instrumentations of libraries record all three (asyncpg's error texts quote the
    row that clashed)."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Exports the cleaned spans."""
        return self._inner.export([_private(span) for span in spans])

    def shutdown(self) -> None:
        """Shuts the inner exporter down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flushes the inner exporter."""
        return self._inner.force_flush(timeout_millis)


def _private(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=mask_value(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_private_attributes(span.attributes),
        events=[
            Event(event.name, _private_attributes(event.attributes), event.timestamp)
            for event in span.events
        ],
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _private_attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: mask_value(value)
        for name, value in (attributes or {}).items()
        if name not in _DROPPED_ATTRIBUTES
    }


def header_pairs(stored: str) -> list[tuple[str, str]]:
    """Message headers as the outbox stores them (JSON pairs)."""
    return [(name, value) for name, value in json.loads(stored)]


def with_trace(pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The headers; those of an event that was written outside any trace get one of its own, which
    is not recorded."""
    if any(name == "traceparent" for name, _ in pairs):
        return pairs
    own: dict[str, str] = {}
    _PROPAGATOR.inject(own, context=trace.set_span_in_context(begin_unrecorded()))
    return [*pairs, *own.items()]


def sent_headers(pairs: Sequence[tuple[str, str]], span: trace.Span) -> list[tuple[str, bytes]]:
    """Headers for the wire: those of the outbox, with the trace continued by `span`."""
    continued: dict[str, str] = {}
    _PROPAGATOR.inject(continued, context=trace.set_span_in_context(span))
    kept = [(name, value) for name, value in pairs if name not in continued]
    return encoded([*kept, *continued.items()])


def encoded(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, bytes]]:
    """Headers as they go over the wire."""
    return [(name, value.encode("latin-1")) for name, value in pairs]
