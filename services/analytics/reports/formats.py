"""A report as CSV (RFC 4180), and what of JSON, CSV and SVG a caller asks for."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from services.analytics.exports.rules import harmless
from services.analytics.reports.schemas import ReportAnswer

CSV = "text/csv"
SVG = "image/svg+xml"
JSON = "application/json"
_NAMES = {
    JSON: (JSON, "application/*", "*/*"),
    CSV: (CSV, "text/*"),
    SVG: (SVG, "image/*"),
}
"""What each is asked for by. `text/*` and `image/*` can mean one of them only."""


def chosen(accept: str | None) -> str:
    """The media type that an Accept header likes best (RFC 9110, 12.5.1): JSON when it likes no
    other better, or nothing that there is."""
    liked: dict[str, float] = {}
    for part in (accept or "").split(","):
        media_type, _, parameters = part.partition(";")
        liked[media_type.strip().lower()] = _quality(parameters)
    wishes = {kind: max(liked.get(name, 0.0) for name in names) for kind, names in _NAMES.items()}
    return max(wishes, key=lambda kind: wishes[kind])


def as_csv(data: dict[str, Any], columns: Sequence[str]) -> str:
    """The rows of the data, or its figures as one row; a number too small to show is empty, and no
    cell is a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    for row in data.get("rows", [data]):
        writer.writerow({name: harmless(value) for name, value in row.items()})
    return text.getvalue()


def file_name(answer: ReportAnswer) -> str:
    """What a file of an answer is called, without its ending."""
    return f"{answer.report}_{answer.period.first}_{answer.period.last}"


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
