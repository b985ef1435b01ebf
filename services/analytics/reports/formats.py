"""A report as CSV (RFC 4180), and how a caller asks for it."""

import csv
import io
from collections.abc import Sequence
from typing import Any

CSV = "text/csv"
_OTHERS = ("application/json", "*/*")


def wants_csv(accept: str | None) -> bool:
    """Whether an Accept header likes CSV better than JSON, which is the default."""
    liked: dict[str, float] = {}
    for part in (accept or "").split(","):
        media_type, _, parameters = part.partition(";")
        liked[media_type.strip().lower()] = _quality(parameters)
    return liked.get(CSV, 0.0) > max(liked.get(other, 0.0) for other in _OTHERS)


def as_csv(data: dict[str, Any], columns: Sequence[str]) -> str:
    """The rows of the data, or its figures as one row; a number too small to show is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(data.get("rows", [data]))
    return text.getvalue()


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
