"""Traces are made as in a running process, but kept by nobody."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider


@pytest.fixture(scope="session", autouse=True)
def tracing() -> None:
    """Every request and event has a trace."""
    trace.set_tracer_provider(TracerProvider())
