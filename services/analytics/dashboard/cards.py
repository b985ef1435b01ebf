"""What the page shows of each report: chart, figures and tables in words; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from services.analytics.charts.pictures import Picture, of_answer
from services.analytics.charts.telling import told
from services.analytics.dashboard.queries import Everything
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.queries import NOT_PUBLISHED
from services.analytics.reports.schemas import ReportAnswer
from services.analytics.wording import catalogue as words

SECTIONS: dict[str, tuple[ReportName, ...]] = {
    "section_clients": (
        ReportName.CLIENT_FLOW,
        ReportName.AGE_GROUPS,
        ReportName.SEGMENTS,
        ReportName.MULTI_SERVICE,
    ),
    "section_in": (ReportName.REFERRAL_SOURCES, ReportName.CONTACT_TIMES),
    "section_work": (
        ReportName.VISITS,
        ReportName.THROUGHPUT,
        ReportName.MOBILE_SHARE,
        ReportName.GOALS,
        ReportName.MOTIVATION,
    ),
    "section_out": (
        ReportName.ENDINGS,
        ReportName.DURATIONS,
        ReportName.HANDOVERS,
        ReportName.HOUSING_OUTCOMES,
    ),
    "section_system": (
        ReportName.SERVICE_LADDER,
        ReportName.COUNTERFACTUAL_COST,
        ReportName.SERVICE_GAPS,
        ReportName.CONSENTS,
    ),
}
KEY_FIGURES: tuple[tuple[ReportName, str], ...] = (
    (ReportName.CLIENT_FLOW, "distinct_clients"),
    (ReportName.CLIENT_FLOW, "new"),
    (ReportName.CLIENT_FLOW, "open_at_end"),
    (ReportName.CONTACT_TIMES, "median_working_hours"),
    (ReportName.VISITS, "kept"),
    (ReportName.DURATIONS, "median_days"),
    (ReportName.COUNTERFACTUAL_COST, "ratio"),
)
ENDINGS = ("csv", "json", "svg")


@dataclass(frozen=True)
class Cell:
    """One cell of a table; a number stands to the right."""

    text: str
    is_number: bool


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Card:
    """A report on the page: either `refused` says why there are no figures, or they are here."""

    name: str
    title: str
    refused: str = ""
    definition: str = ""
    picture: Picture | None = None
    svg: str = ""
    figures: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    remarks: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def card(name: ReportName, found: Everything, chosen: Mapping[str, str], language: str) -> Card:
    """The card of a report."""
    title = words.title(name, language)
    if name in found.refused:
        return Card(name, title, refused=found.refused[name])
    answer = found.answers[name]
    listed = [each for each in answer.data.values() if _is_texts(each)]
    return Card(
        name,
        title,
        definition=answer.definition,
        picture=of_answer(answer, language),
        figures=_figures(answer, language),
        tables=tuple(
            _table(answer, key, rows, language)
            for key, rows in answer.data.items()
            if _is_table(rows)
        ),
        remarks=(*answer.notes, *(text for texts in listed for text in texts)),
        links=tuple((ending.upper(), _link(name, ending, chosen, language)) for ending in ENDINGS),
    )


def key_figures(found: Everything, language: str) -> list[tuple[str, str]]:
    """The few figures that stand above all."""
    return [
        (
            words.page(f"key_{figure}", language),
            told(name, found.answers[name].data, (figure,), language),
        )
        for name, figure in KEY_FIGURES
        if name in found.answers
    ]


def unpublished(found: Everything, language: str) -> str:
    """What is said when figures of this period and these filters are not for everybody."""
    note = words.translated(NOT_PUBLISHED, language)
    return note if any(note in answer.notes for answer in found.answers.values()) else ""


def _figures(answer: ReportAnswer, language: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (words.column(key, language), told(answer.report, answer.data, (key,), language))
        for key, value in answer.data.items()
        if not isinstance(value, list)
    )


def _table(answer: ReportAnswer, key: str, rows: list[dict[str, Any]], language: str) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    title = words.title(answer.report, language)
    return Table(
        caption=title if key == "rows" else f"{title}: {words.table(key, language)}",
        columns=tuple(words.column(name, language) for name in names),
        rows=tuple(
            tuple(
                Cell(
                    told(answer.report, answer.data, (key, number, name), language),
                    not isinstance(row[name], (str, bool)) or name.endswith("_eur"),
                )
                for name in names
            )
            for number, row in enumerate(rows)
        ),
    )


def _link(name: ReportName, ending: str, chosen: Mapping[str, str], language: str) -> str:
    report = REPORTS[name]
    taken = {"from", "to", *report.filters, *report.options}
    query = {key: value for key, value in chosen.items() if key in taken}
    return f"/dashboard/reports/{name}.{ending}?{urlencode({**query, 'lang': language})}"


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and not _is_texts(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
