"""The picture of an answer: its figures as bars or lines, in words; pure.

It is made of the answer as its reader may see it, so it cannot show more. A figure that is hidden
has no value here, only the word that says so: it gets no bar, and is never taken for zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.analytics.charts.panels import MOST_BARS, MOST_LINES, PANELS, Bars, Lines, Panel
from services.analytics.charts.telling import Data, at, hidden, named, told
from services.analytics.reports.catalogue import ReportName
from services.analytics.reports.schemas import ReportAnswer
from services.analytics.reports.small_numbers import Cell
from services.analytics.wording import catalogue as words
from services.analytics.wording.numbers import day

NOT_TRUE = " *"
MOST_TOLD = 24


@dataclass(frozen=True)
class Mark:
    """One figure: where it stands (a day on lines), whose it is, what is written at it. It has no
    value when it is hidden, or when there is nothing to tell."""

    label: str
    series: str
    value: float | None
    text: str
    hidden: bool
    low: float | None = None
    high: float | None = None
    target: float | None = None


@dataclass(frozen=True)
class Drawing:
    """One part of a picture: bars under one another, or lines over time."""

    lines: bool
    title: str
    series: tuple[str, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Picture:
    """A whole chart, and its alternative in words. The notes explain its signs."""

    title: str
    subtitle: str
    description: str
    notes: tuple[str, ...]
    drawings: tuple[Drawing, ...]
    nothing: str


def picture(name: ReportName, data: Data, subtitle: str, language: str) -> Picture:
    """The picture of a report's data; `subtitle` says of what period."""
    found = (_drawing(name, data, panel, language) for panel in PANELS[name])
    drawings = tuple(each for each in found if any(map(_tells, each.marks)))
    nothing = words.page("nothing", language)
    marks = [mark for each in drawings for mark in each.marks]
    signs = {
        "hidden_means": any(mark.hidden for mark in marks),
        "not_true_means": any(mark.label.endswith(NOT_TRUE) for mark in marks),
        "target_means": any(mark.target is not None for mark in marks),
        "range_means": any(mark.low != mark.high for mark in marks),
    }
    in_words = " ".join(map(_in_words, drawings)) or nothing
    return Picture(
        title=words.title(name, language),
        subtitle=subtitle,
        description=f"{subtitle}. {in_words}",
        notes=tuple(words.page(sign, language) for sign, seen in signs.items() if seen),
        drawings=drawings,
        nothing=nothing,
    )


def of_answer(answer: ReportAnswer, language: str) -> Picture:
    """The picture of a report's answer."""
    first, last = (day(each, language) for each in (answer.period.first, answer.period.last))
    period = words.page("period", language, first=first, last=last)
    return picture(answer.report, answer.data, period, language)


def _drawing(name: ReportName, data: Data, panel: Panel, language: str) -> Drawing:
    title = words.page(panel.title, language) if panel.title else ""
    if isinstance(panel, Lines):
        marks, lines = tuple(_points(name, data, panel, language)), True
    else:
        marks, lines = tuple(_bars(name, data, panel, language)), False
    series = tuple(dict.fromkeys(mark.series for mark in marks if mark.series))
    return Drawing(lines, title, series, marks)


def _bars(name: ReportName, data: Data, panel: Bars, language: str) -> Iterator[Mark]:
    if panel.table is None:
        for value in panel.values:
            text = words.column(value, language)
            yield _mark(name, data, (value,), text, "", panel, language)
        return
    for number in _chosen(data[panel.table], panel):
        row = data[panel.table][number]
        label = named(row, panel.by, language)
        flagged = panel.flag is not None and not row[panel.flag]
        for value in panel.values:
            if value in row:
                yield _mark(
                    name,
                    data,
                    (panel.table, number, value),
                    label + NOT_TRUE * flagged,
                    words.column(value, language) if len(panel.values) > 1 else "",
                    panel,
                    language,
                )


def _chosen(rows: list[Data], panel: Bars) -> list[int]:
    """The rows to show, no more than can be read: the largest first where their order means
    nothing. Hidden ones come last and keep the order of their codes, which tells nothing."""
    first = panel.values[0]
    found = [
        number
        for number, row in enumerate(rows)
        if all(row[key] == value for key, value in panel.where)
    ]
    if panel.ranked:
        found.sort(key=lambda number: (rows[number][first] is None, -(rows[number][first] or 0)))
    return found[:MOST_BARS]


def _mark(
    name: ReportName,
    data: Data,
    cell: Cell,
    label: str,
    series: str,
    panel: Bars,
    language: str,
) -> Mark:
    row = at(data, cell[:-1])
    low, high = (row.get(each) for each in panel.ranges.get(str(cell[-1]), ("", "")))
    return Mark(
        label,
        series,
        _number(at(data, cell)),
        told(name, data, cell, language),
        hidden(name, data, cell),
        low=_number(low),
        high=_number(high),
        target=_number(row.get("target")),
    )


def _points(name: ReportName, data: Data, panel: Lines, language: str) -> Iterator[Mark]:
    rows = data[panel.table]
    codes = _largest(rows, panel.by, panel.values[0]) if panel.by else []
    for number, row in enumerate(rows):
        if panel.by and row[panel.by] not in codes:
            continue
        for value in panel.values:
            cell = (panel.table, number, value)
            series = (
                named(row, (panel.by,), language) if panel.by else words.column(value, language)
            )
            yield Mark(
                _first_day(panel.over, row[panel.over]),
                series,
                _number(row[value]),
                told(name, data, cell, language),
                hidden(name, data, cell),
            )


def _largest(rows: list[Data], by: str, value: str) -> list[str]:
    """The codes with the largest last figures, no more than can be told apart."""
    last = {row[by]: row[value] or 0 for row in rows}
    return sorted(last, key=lambda code: -last[code])[:MOST_LINES]


def _first_day(over: str, code: str) -> str:
    """The day on which a week or a month begins."""
    if over == "month":
        return f"{code}-01"
    year, week = code.split("-W")
    return str(date.fromisocalendar(int(year), int(week), 1))


def _tells(mark: Mark) -> bool:
    return mark.hidden or mark.value is not None


def _in_words(drawing: Drawing) -> str:
    """What a drawing shows, of lines only their ends: the table beside it tells all."""
    marks = {mark.series: mark for mark in drawing.marks} if drawing.lines else None
    shown = list(marks.values()) if marks else list(drawing.marks[:MOST_TOLD])
    parts = [
        f"{', '.join(part for part in (mark.label, mark.series) if part)}: {mark.text}"
        for mark in shown
    ]
    return f"{drawing.title + ': ' if drawing.title else ''}{'; '.join(parts)}."


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
