"""Answering a report: its figures, without small numbers for those who may not see them."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports import rules
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.report import Question
from services.analytics.reports.schemas import (
    PeriodView,
    ReportAnswer,
    ReportQuery,
    ReportSummary,
)
from services.analytics.reports.small_numbers import without_small
from shared.auth import Caller
from shared.clock import utc_now
from shared.problems import VALIDATION_FAILED, FieldError, Problem

SEES_SMALL_NUMBERS = "reports:internal"
SMALL_NUMBERS = (
    "Counts from 1 to 4, the figures that rest on them, and as many other counts as would give one "
    "of them away, are not shown (null): they could tell of a single person."
)
GOES_ON = "The period has not ended; the figures are those of the moment in as_of."


def summaries() -> list[ReportSummary]:
    """Every report with its definition."""
    return [
        ReportSummary(
            name=name,
            definition=report.definition,
            filters=list(report.filters),
            options=list(report.options),
        )
        for name, report in REPORTS.items()
    ]


async def answer(
    session: AsyncSession, caller: Caller, name: ReportName, query: ReportQuery
) -> ReportAnswer:
    """The report over the period; the period is not empty."""
    report = REPORTS[name]
    taken = set(report.filters) | set(report.options)
    _refuse_others(query, taken)
    start, end = rules.bounds(query.first, query.last)
    asked = Question(start, end, **query.model_dump(include=taken))
    async with session.begin():
        as_of = utc_now()
        figures = await report.compute(session, asked)
    data = figures
    if SEES_SMALL_NUMBERS not in caller.scopes:
        data = without_small(figures, report.protects)
    said = {SMALL_NUMBERS: data != figures, GOES_ON: end > as_of}
    return ReportAnswer(
        report=name,
        definition=report.definition,
        period=PeriodView(first=query.first, last=query.last),
        filters=query.model_dump(mode="json", include=taken),
        as_of=as_of,
        data=data,
        notes=[*report.notes, *(note for note, holds in said.items() if holds)],
    )


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
