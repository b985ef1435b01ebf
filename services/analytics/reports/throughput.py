"""Throughput: cases and meetings for each worker, week by week; what clogs a team shows here."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Select, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import cases, with_case
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import rounded
from services.analytics.reports.small_numbers import Protection
from services.analytics.tables import VisitFact, WorkerFact
from shared.calendar import finnish_day, iso_week_of

DEFINITION = (
    "For each ISO week that the period touches, and each team with an open case or a kept visit in "
    "it: workers that took cases when the week ended, cases that were open then, visits kept in "
    "the week, both for each worker, and the mean of the days between each of these visits and the "
    "one kept before it in the same case. Weeks before anything was told, or after now, are left "
    "out. With a filter only the cases and visits it names are counted; the workers are all of the "
    "team."
)
FIGURES = ("cases_per_worker", "kept_per_worker", "mean_days_between_visits")
WEEK = timedelta(days=7)
Key = tuple[datetime, UUID]


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each week and team, the oldest week first."""
    weeks = await _weeks(session, question)
    if not weeks:
        return {"rows": []}
    found: dict[Key, dict[str, list[Any]]] = {}
    for name, statement in (
        ("open_cases", _open_cases(question, weeks)),
        ("kept", _kept(question, weeks)),
        ("workers", _workers(weeks)),
    ):
        for week, team, *figures in (await session.execute(statement)).all():
            found.setdefault((week, team), {})[name] = figures
    at_work = [key for key, figures in found.items() if figures.keys() - {"workers"}]
    return {"rows": [_row(key, found[key]) for key in sorted(at_work)]}


def _row(key: Key, found: dict[str, list[Any]]) -> dict[str, Any]:
    week, team = key
    [workers] = found.get("workers", [0])
    [open_cases] = found.get("open_cases", [0])
    kept, between = found.get("kept", [0, None])
    year, number, _ = finnish_day(week).isocalendar()
    return {
        "week": f"{year}-W{number:02}",
        "team": str(team),
        "workers": workers,
        "open_cases": open_cases,
        "cases_per_worker": rounded(open_cases / workers, 2) if workers else None,
        "kept_visits": kept,
        "kept_per_worker": rounded(kept / workers, 2) if workers else None,
        "mean_days_between_visits": rounded(between),
    }


async def _weeks(session: AsyncSession, question: Question) -> list[datetime]:
    """The beginnings of the weeks, from the first of which something is known."""
    case, visit = cases().c, VisitFact.__table__.c  # type: ignore[attr-defined]
    known = select(func.least(_least(case.opened_at), _least(visit.scheduled_at)), func.now())
    first, now = (await session.execute(known)).one()
    if first is None:
        return []
    week, _ = iso_week_of(max(first, question.start))
    end, weeks = min(now, question.end), []
    while week < end:
        weeks.append(week)
        _, week = iso_week_of(week)
    return weeks


def _least(column: Any) -> Any:
    return select(func.min(column)).scalar_subquery()


def _listed(weeks: list[datetime]) -> Any:
    """The weeks as a table of one row each, with their ends."""
    ends = [iso_week_of(week)[1] for week in weeks]
    moments = ARRAY(DateTime(timezone=True))
    return (
        func.unnest(literal(weeks, moments), literal(ends, moments))
        .table_valued("begins", "ends")
        .render_derived(name="weeks")
        .c
    )


def _open_cases(question: Question, weeks: list[datetime]) -> Select[Any]:
    week, case = _listed(weeks), cases().c
    return (
        select(week.begins, case.team, func.count())
        .where(
            case.team.is_not(None),
            case.opened_at < week.ends,
            or_(case.closed_at.is_(None), case.closed_at >= week.ends),
            *question.narrowing(case),
        )
        .group_by(week.begins, case.team)
    )


def _kept(question: Question, weeks: list[datetime]) -> Select[Any]:
    """Kept visits, and the days since the visit before."""
    visit = with_case(VisitFact).c
    before = func.lag(visit.scheduled_at).over(
        partition_by=visit.case_id, order_by=(visit.scheduled_at, visit.visit_id)
    )
    days = func.extract("epoch", visit.scheduled_at - before) / 86400
    kept = (
        select(visit.team, visit.scheduled_at, days.label("days"))
        .where(
            visit.state == "kept",
            visit.scheduled_at < iso_week_of(weeks[-1])[1],
            *question.narrowing(visit),
        )
        .subquery()
        .c
    )
    week = _listed(weeks)
    return (
        select(week.begins, kept.team, func.count(), func.avg(kept.days))
        .where(
            kept.team.is_not(None),
            kept.scheduled_at >= week.begins,
            kept.scheduled_at < week.ends,
        )
        .group_by(week.begins, kept.team)
    )


def _workers(weeks: list[datetime]) -> Select[Any]:
    """How many worked in each team when the week ended, by the last word on each worker."""
    week = _listed(weeks)
    worker = WorkerFact.__table__.c  # type: ignore[attr-defined]
    latest = (
        select(week.begins, worker.team, worker.capacity_points)
        .ext(distinct_on(week.begins, worker.worker_id))
        .where(worker.at < week.ends)
        .order_by(week.begins, worker.worker_id, worker.version.desc())
        .subquery()
        .c
    )
    return (
        select(latest.begins, latest.team, func.count())
        .where(latest.capacity_points > 0)
        .group_by(latest.begins, latest.team)
    )


REPORT = Report(
    DEFINITION,
    compute,
    columns=(
        "week",
        "team",
        "workers",
        "open_cases",
        "cases_per_worker",
        "kept_visits",
        "kept_per_worker",
        "mean_days_between_visits",
    ),
    protects=Protection(
        counts=("open_cases", "kept_visits"),
        rests={
            "cases_per_worker": ("open_cases",),
            "kept_per_worker": ("kept_visits",),
            "mean_days_between_visits": ("kept_visits",),
        },
    ),
)
