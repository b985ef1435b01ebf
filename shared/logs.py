"""Logs: one JSON object a line on standard error, with the trace it belongs to.

Exception texts are left out (they may quote data); values that look identifying are masked.
"""

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, TextIO

import orjson
import structlog

from shared import telemetry
from shared.redaction import mask_value

EventDict = MutableMapping[str, Any]


class _Lines:
    """Writes lines to a file, past the standard library's logging, which took most of the time of a
    line; like that one it never fails for lack of room: what logs has other work to do."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> None:
        """One line."""
        with suppress(OSError):
            self._file.write(f"{line}\n")
            self._file.flush()

    debug = info = warning = error = critical = exception = write


def set_up(service: str, process: str) -> None:
    """Wires structlog and the standard library's logging for this process once."""

    def stamp(_: object, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        event["process"] = process
        trace_id = telemetry.trace_id()
        if trace_id:
            event["trace_id"] = trace_id
        return event

    steps: list[Any] = [
        _without_exception_text,
        _masked,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        stamp,
    ]
    as_json = structlog.processors.JSONRenderer(_line)
    structlog.configure(
        processors=[*steps, as_json],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, as_json],
            foreign_pre_chain=steps,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("aiokafka", "httpx", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _line(event: EventDict, default: Callable[[Any], Any]) -> str:
    return orjson.dumps(event, default=default, option=orjson.OPT_NON_STR_KEYS).decode()


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
