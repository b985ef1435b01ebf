"""Answering a report: its figures, without small numbers for those who may not see them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports import rules
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.publication import is_published
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.schemas import (
    PeriodView,
    ReportAnswer,
    ReportQuery,
    ReportSummary,
)
from services.analytics.reports.siblings import told_of_no_sibling
from services.analytics.reports.sight import Sight
from services.analytics.reports.small_numbers import without_all, without_small
from services.analytics.wording.catalogue import translated
from shared.clock import utc_now
from shared.problems import VALIDATION_FAILED, FieldError, Problem

SMALL_NUMBERS = (
    "Counts from 1 to 4, the figures that rest on them, and as many other counts as would give one "
    "of them away, are not shown (null): they could tell of a single person."
)
NOT_PUBLISHED = (
    "Figures of other periods and filters than these are for reports:internal alone, as a single "
    "person could be told by subtracting two answers: one calendar year with one filter at most; "
    "one quarter or month without a filter; several whole years without a filter in reports that "
    "count what happened; `on` the last day of a month; no `split_on`."
)
GOES_ON = "The period has not ended; the figures are those of the moment in as_of."


def summaries(language: str = "en") -> list[ReportSummary]:
    """Every report with its definition in a language of the house."""
    return [
        ReportSummary(
            name=name,
            definition=translated(report.definition, language),
            filters=list(report.filters),
            options=list(report.options),
        )
        for name, report in REPORTS.items()
    ]


async def answer(
    session: AsyncSession,
    sight: Sight,
    name: ReportName,
    query: ReportQuery,
    language: str = "en",
) -> ReportAnswer:
    """The report over the period; the period is not empty."""
    async with session.begin():
        return await answer_within(session, sight, name, query, language)


async def answer_within(
    session: AsyncSession, sight: Sight, name: ReportName, query: ReportQuery, language: str
) -> ReportAnswer:
    """The report within a transaction that is open, so that several can be of the same moment."""
    report = REPORTS[name]
    taken = set(report.filters) | set(report.options)
    _refuse_others(query, taken)
    start, end = rules.bounds(query.first, query.last)
    asked = Question(start, end, **query.model_dump(include=taken))
    as_of = utc_now()
    figures = await report.compute(session, asked)
    seen = sight if report.protects.counts else Sight.ALL
    is_told = seen != Sight.PUBLISHED or is_published(asked, adds_up=report.adds_up)
    if is_told:
        data = await _seen(session, report, asked, figures, seen)
    else:
        data = without_all(figures, report.protects)
    said = {
        SMALL_NUMBERS: is_told and data != figures,
        NOT_PUBLISHED: not is_told,
        GOES_ON: end > as_of,
    }
    notes = [*report.notes, *(note for note, holds in said.items() if holds)]
    return ReportAnswer(
        report=name,
        definition=translated(report.definition, language),
        period=PeriodView(first=query.first, last=query.last),
        filters=query.model_dump(mode="json", include=taken),
        as_of=as_of,
        data={key: _in(value, language) for key, value in data.items()},
        notes=[translated(note, language) for note in notes],
    )


async def _seen(
    session: AsyncSession, report: Report, asked: Question, figures: Data, sight: Sight
) -> Data:
    """The figures without what this sight hides."""
    if sight == Sight.ALL:
        return figures
    untold = set()
    if sight == Sight.PUBLISHED:
        untold = await told_of_no_sibling(session, report, asked)
    return without_small(figures, report.protects, untold)


def _in(value: Any, language: str) -> Any:
    """Sentences among the data in the reader's language; all else is figures and codes."""
    if not isinstance(value, list):
        return value
    return [translated(each, language) if isinstance(each, str) else each for each in value]


def _refuse_others(query: ReportQuery, taken: set[str]) -> None:
    """Raises `validation_failed` for what the report would not heed: an answer that looks narrowed
    and is not would be a wrong one."""
    sent = query.model_dump(exclude_none=True, exclude={"first", "last"})
    others = [
        FieldError(f"/query/{name}", "not_of_this_report", "this report does not take it")
        for name in sent
        if name not in taken
    ]
    if others:
        raise Problem(VALIDATION_FAILED, errors=others)
