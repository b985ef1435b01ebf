"""Every report at one moment: the same functions as the interface's, in one snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.dashboard.choices import narrowed
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.queries import answer_within
from services.analytics.reports.schemas import ReportAnswer, ReportQuery
from services.analytics.reports.sight import Sight
from services.analytics.tables import TeamFact
from services.analytics.wording import catalogue as words
from shared.problems import VALIDATION_FAILED, Problem

SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@dataclass(frozen=True)
class Everything:
    """The answers by name, what is said in place of one, and the teams that there are."""

    answers: Mapping[ReportName, ReportAnswer]
    refused: Mapping[ReportName, str]
    teams: list[str]


async def teams(session: AsyncSession) -> list[str]:
    """The ids of the teams that were told of."""
    found = await session.scalars(select(col(TeamFact.team)).order_by(col(TeamFact.team)))
    return [str(team) for team in found]


async def everything(
    session: AsyncSession, sight: Sight, query: ReportQuery, language: str
) -> Everything:
    """All reports, of one and the same moment. One that cannot be narrowed as asked is refused: it
    would look narrowed and not be."""
    answers: dict[ReportName, ReportAnswer] = {}
    refused: dict[ReportName, str] = {}
    async with session.begin():
        await session.connection(execution_options=SNAPSHOT)
        known = await teams(session)
        for name, report in REPORTS.items():
            taken = {*report.filters, *report.options}
            asked, unheeded = narrowed(query, taken, language)
            if unheeded:
                refused[name] = words.page("not_narrowed", language, filters=", ".join(unheeded))
                continue
            try:
                answers[name] = await answer_within(session, sight, name, asked, language)
            except Problem as problem:
                if problem.kind is not VALIDATION_FAILED:
                    raise
                refused[name] = " ".join(each.detail for each in problem.errors) or problem.detail
    return Everything(answers, refused, known)
