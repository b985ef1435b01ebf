"""Finnish municipalities of 2026 and the wellbeing services county each belongs to.

Codes keep their leading zeros: three digits for a municipality, two for a county (90 Helsinki,
91 Åland).
"""

import csv
from functools import cache
from importlib.resources import files


@cache
def counties_by_municipality() -> dict[str, str]:
    """County code by municipality code."""
    text = files("shared.contracts").joinpath("municipalities_2026.csv").read_text("utf-8")
    return {row["kunta"]: row["hyvinvointialue_code"] for row in csv.DictReader(text.splitlines())}


def county_of(municipality: str) -> str | None:
    """The county of a municipality, or None when there is no such municipality."""
    return counties_by_municipality().get(municipality)
