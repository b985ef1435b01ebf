"""Logs: one JSON object a line on standard error, with the trace it belongs to.

Exception texts are left out (they may quote data); values that look identifying are masked.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from shared import telemetry
from shared.redaction import mask_value

EventDict = MutableMapping[str, Any]


def set_up(service: str, process: str) -> None:
    """Wires structlog and the standard library's logging for this process once."""

    def stamp(_: object, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        event["process"] = process
        trace_id = telemetry.trace_id()
        if trace_id:
            event["trace_id"] = trace_id
        return event

    shared_steps: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        stamp,
        _without_exception_text,
        _masked,
    ]
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared_steps,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("aiokafka", "httpx", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _without_exception_text(_: object, __: str, event: EventDict) -> EventDict:
    raised = event.pop("exc_info", None)
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
    record = event.get("_record")
    if record is not None:
        record.exc_info = None
        record.exc_text = None
    return event


def _masked(_: object, __: str, event: EventDict) -> EventDict:
    return {
        name: value if name.startswith("_") else mask_value(value) for name, value in event.items()
    }
