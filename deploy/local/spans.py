"""Reads the local span store: one JSON line a span, in files that the processes append to.

Used where no OTLP endpoint is set; a production system asks its tracing backend instead.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_DATABASE_SYSTEM = ("db.system", "db.system.name")


@dataclass
class Span:
    """One span, and what happened under it."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    service: str
    start: datetime
    end: datetime
    attributes: dict[str, Any]
    failed: bool
    children: list[Span] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return (self.end - self.start).total_seconds() * 1000

    @property
    def is_database(self) -> bool:
        """Whether it is one statement to the database."""
        return any(name in self.attributes for name in _DATABASE_SYSTEM)


def read_spans(folder: Path) -> list[Span]:
    """Every span of the store; a line that a process is just writing is left out."""
    return [span for path in sorted(folder.glob("*.jsonl")) for span in _read(path)]


def traces_of(spans: Iterable[Span], referral_id: str) -> set[str]:
    """The traces in which the referral plays a part."""
    return {span.trace_id for span in spans if referral_id in _tags(span)}


def first_trace_of(spans: Iterable[Span], referral_id: str) -> str | None:
    """The trace that began with the posting of the referral: the earliest one it is in."""
    concerned = [span for span in spans if referral_id in _tags(span)]
    return min(concerned, key=lambda span: span.start).trace_id if concerned else None


def tree(spans: Iterable[Span], trace_id: str) -> list[Span]:
    """The roots of a trace with everything under them, in the order of their beginning."""
    of_trace = sorted(
        {span.span_id: span for span in spans if span.trace_id == trace_id}.values(),
        key=lambda span: span.start,
    )
    by_parent: dict[str | None, list[Span]] = defaultdict(list)
    known = {span.span_id for span in of_trace}
    for span in of_trace:
        by_parent[span.parent_id if span.parent_id in known else None].append(span)
    for span in of_trace:
        span.children = by_parent[span.span_id]
    return by_parent[None]


def services_in(roots: Iterable[Span]) -> set[str]:
    """Every service that took part."""
    found = set()
    for span in roots:
        found |= {span.service} | services_in(span.children)
    return found


def _tags(span: Span) -> set[Any]:
    return {span.attributes.get("nopsa.referral_id")}


def _read(path: Path) -> Iterator[Span]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield _span(json.loads(line))
            except (ValueError, KeyError):
                continue


def _span(raw: dict[str, Any]) -> Span:
    return Span(
        trace_id=raw["trace_id"],
        span_id=raw["span_id"],
        parent_id=raw["parent_id"],
        name=raw["name"],
        service=str(raw["service"]).removeprefix("nopsa-"),
        start=_moment(raw["start_ns"]),
        end=_moment(raw["end_ns"]),
        attributes=raw["attributes"],
        failed=raw["failed"],
    )


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
