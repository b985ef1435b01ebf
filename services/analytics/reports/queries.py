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
from shared.auth import Caller
from shared.clock import utc_now

SEES_SMALL_NUMBERS = "reports:internal"
SMALL_NUMBERS = (
    "Counts from 1 to 4, and the shares that rest on them, are not shown (null): they could tell "
    "of a single person."
)
GOES_ON = "The period has not ended; the figures are those of the moment in as_of."


def summaries() -> list[ReportSummary]:
    """Every report with its definition."""
    return [
        ReportSummary(name=name, definition=report.definition, filters=list(report.filters))
        for name, report in REPORTS.items()
    ]


async def answer(
    session: AsyncSession, caller: Caller, name: ReportName, query: ReportQuery
) -> ReportAnswer:
    """The report over the period; the period is not empty."""
    report = REPORTS[name]
    start, end = rules.bounds(query.first, query.last)
    async with session.begin():
        as_of = utc_now()
        figures = await report.compute(session, Question(start, end, query.team, query.county))
    data = figures
    if SEES_SMALL_NUMBERS not in caller.scopes:
        data = rules.without_small(figures, report.counts, report.shares)
    said = {SMALL_NUMBERS: data != figures, GOES_ON: end > as_of}
    return ReportAnswer(
        report=name,
        definition=report.definition,
        period=PeriodView(first=query.first, last=query.last),
        filters=query.model_dump(mode="json", include=set(report.filters)),
        as_of=as_of,
        data=data,
        notes=[note for note, holds in said.items() if holds],
    )
