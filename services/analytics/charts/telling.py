"""A figure of an answer in words: as a chart and a table both write it; pure."""

from collections.abc import Mapping
from typing import Any

from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.small_numbers import Cell, is_hidden
from services.analytics.wording import catalogue as words
from services.analytics.wording.numbers import NOTHING, figure

Data = Mapping[str, Any]


def told(name: ReportName, data: Data, cell: Cell, language: str) -> str:
    """A figure as text, or the word that says that it is hidden."""
    if hidden(name, data, cell):
        return words.page("hidden", language)
    column, value = str(cell[-1]), at(data, cell)
    if isinstance(value, bool):
        return words.page("yes" if value else "no", language)
    if isinstance(value, str) and not column.endswith("_eur"):
        return words.meaning(column, value, language)
    return str(value) if column in ("year", "price_year") else figure(column, value, language)


def hidden(name: ReportName, data: Data, cell: Cell) -> bool:
    """Whether a figure is kept back from this reader."""
    return is_hidden(data, cell, REPORTS[name].protects)


def at(data: Data, cell: Cell) -> Any:
    """The figure itself."""
    value: Any = data
    for key in cell:
        value = value[key]
    return value


def named(row: Data, by: tuple[str, ...], language: str) -> str:
    """What a row is about, in words."""
    codes = ((name, row[name]) for name in by)
    return " · ".join(
        NOTHING if code is None else words.meaning(name, str(code), language)
        for name, code in codes
    )
