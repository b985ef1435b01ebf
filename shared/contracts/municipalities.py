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
    return {row["kunta"]: row["hyvinvointialue_code"] for row in _rows()}


def names_of_municipality(code: str) -> tuple[str, str]:
    """The Finnish and the Swedish name of a municipality there is."""
    return _names_by_code()[code]


@cache
def names_of_counties() -> dict[str, tuple[str, str]]:
    """The Finnish and the Swedish name of every county by its code, in the order of codes."""
    names = ("hyvinvointialue_name_fi", "hyvinvointialue_name_sv")
    found = {row["hyvinvointialue_code"]: (row[names[0]], row[names[1]]) for row in _rows()}
    return dict(sorted(found.items()))


@cache
def _names_by_code() -> dict[str, tuple[str, str]]:
    names = ("municipality_name_fi", "municipality_name_sv")
    return {row["kunta"]: (row[names[0]], row[names[1]]) for row in _rows()}


@cache
def _codes_by_name() -> dict[str, str]:
    names = ("municipality_name_fi", "municipality_name_sv")
    return {row[name].casefold(): row["kunta"] for row in _rows() for name in names}


def _rows() -> list[dict[str, str]]:
    text = files("shared.contracts").joinpath("municipalities_2026.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def municipality_named(name: str) -> str | None:
    """The code of the municipality with this Finnish or Swedish name, in any case of letters."""
    return _codes_by_name().get(name.strip().casefold())


def county_of(municipality: str) -> str | None:
    """The county of a municipality, or None when there is no such municipality."""
    return counties_by_municipality().get(municipality)
