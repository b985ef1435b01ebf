"""The words of `words.csv`, the one table of all that analytics says to people.

A row is one text by `kind` and `code` in every language of the house. Codes of the services' lists
have a kind `code:<list>`; what a county puts on lists of its own stands for itself.
"""

import csv
import re
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from services.analytics.wording.numbers import day, month
from shared.contracts.municipalities import counties_by_municipality, names_of_municipality

LISTS = {
    "receiver_kind": "source_kind",
    "from": "housing_status",
    "to": "housing_status",
    "price_year": "",
    "unit": "team",
}
"""Of which list the codes of a column are, where the list has not the column's name."""
ENGLISH = "en"
TEAM = "team"
TOLD_BY_THE_END = 4
"""How many characters of a team's id are enough to tell it from the others."""


class Words(NamedTuple):
    """One text in every language of the house."""

    fi: str
    sv: str
    en: str


@cache
def all_words() -> dict[tuple[str, str], Words]:
    """Every text by its kind and code."""
    text = files("services.analytics.wording").joinpath("words.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {(row["kind"], row["code"]): Words(row["fi"], row["sv"], row["en"]) for row in rows}


def page(code: str, language: str, **values: str) -> str:
    """A text of the page, with what is to stand in its gaps."""
    return _in(all_words()["page", code], language).format(**values)


def title(report: str, language: str) -> str:
    """What a report is called."""
    return _in(all_words()["report", report], language)


def column(name: str, language: str) -> str:
    """What a figure or a column is called."""
    return _known("column", name, language)


def table(name: str, language: str) -> str:
    """What a table of a report beside its main one is called."""
    return _known("table", name, language)


def meaning(name: str, code: str, language: str) -> str:
    """What the code in a column of that name means."""
    kind = LISTS.get(name, name)
    if kind == TEAM:
        return page("team_named", language, end=code[-TOLD_BY_THE_END:])
    if kind == "month":
        return month(code)
    if kind == "on":
        return day(date.fromisoformat(code), language)
    if kind == "municipality" and code in counties_by_municipality():
        fi, sv = names_of_municipality(code)
        return sv if language == "sv" else fi
    return _known(f"code:{kind}", code, language)


def translated(english: str, language: str) -> str:
    """A definition, note or assumption in a language; what is not in the table stays English."""
    if language == ENGLISH:
        return english
    for words, pattern in _sentences():
        found = pattern.fullmatch(english)
        if found:
            values = {
                name: _value(name, text, language) for name, text in found.groupdict().items()
            }
            return _in(words, language).format(**values)
    return english


def _value(name: str, text: str, language: str) -> str:
    return meaning(name, text, language).lower() if name == "alternative_service" else text


@cache
def _sentences() -> list[tuple[Words, re.Pattern[str]]]:
    """The texts that reports give in English, each with what finds it and its gaps."""
    return [
        (words, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(words.en))))
        for (kind, _), words in all_words().items()
        if kind in ("definition", "sentence")
    ]


def _known(kind: str, code: str, language: str) -> str:
    """The words of a code; one without any stands for itself."""
    words = all_words().get((kind, code))
    return _in(words, language) if words else code.replace("_", " ")


def _in(words: Words, language: str) -> str:
    text: str = getattr(words, language)
    return text
