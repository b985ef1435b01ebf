"""Throughput: cases and meetings for each worker, week by week; what clogs a team shows here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import accumulate, groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Integer, cast, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import col

from services.analytics.reports.cases import cases, own_rows
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import rounded
from services.analytics.reports.small_numbers import Protection
from services.analytics.tables import CaseFact, VisitFact, WorkerFact
from shared.calendar import finnish_day, iso_week_of

DEFINITION = (
    "For each ISO week that the period touches, and each team with an open case or a kept visit in "
    "it: workers that took cases when the week ended, cases that were open then, visits kept in "
    "the week, both for each worker, and the mean of the days between each of these visits and the "
    "one kept before it in the same case. Weeks before anything was told, or after now, are left "
    "out. With a filter only the cases and visits it names are counted; the workers are all of the "
    "team."
)
Weeks = list[tuple[datetime, datetime]]
Key = tuple[int, UUID]
"""A week by its place among those asked for, and a team."""


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each week and team, the oldest week first."""
    weeks = await _weeks(session, question)
    if not weeks:
        return {"rows": []}
    open_cases = await _open_cases(session, question, weeks)
    kept = await _kept(session, question, weeks)
    keys = sorted(open_cases.keys() | kept.keys())
    workers = await _workers(session, weeks, {team for _, team in keys})
    names = [_name(begins) for begins, _ in weeks]
    return {
        "rows": [
            _row(
                names[key[0]],
                key[1],
                workers=workers.get(key, 0),
                open_cases=open_cases.get(key, 0),
                kept=kept.get(key, (0, None)),
            )
            for key in keys
        ]
    }


def _name(week: datetime) -> str:
    year, number, _ = finnish_day(week).isocalendar()
    return f"{year}-W{number:02}"


def _row(
    week: str,
    team: UUID,
    *,
    workers: int,
    open_cases: int,
    kept: tuple[int, float | None],
) -> dict[str, Any]:
    visits, between = kept
    return {
        "week": week,
        "team": str(team),
        "workers": workers,
        "open_cases": open_cases,
        "cases_per_worker": rounded(open_cases / workers, 2) if workers else None,
        "kept_visits": visits,
        "kept_per_worker": rounded(visits / workers, 2) if workers else None,
        "mean_days_between_visits": rounded(between),
    }


async def _weeks(session: AsyncSession, question: Question) -> Weeks:
    """The weeks, each with its end, from the first of which something is known."""
    case, visit = CaseFact.__table__.c, VisitFact.__table__.c  # type: ignore[attr-defined]
    known = select(func.least(_least(case.opened_at), _least(visit.scheduled_at)), func.now())
    first, now = (await session.execute(known)).one()
    if first is None:
        return []
    week, _ = iso_week_of(max(first, question.start))
    end, weeks = min(now, question.end), []
    while week < end:
        begins, week = iso_week_of(week)
        weeks.append((begins, week))
    return weeks


def _least(column: Any) -> Any:
    return select(func.min(column)).scalar_subquery()


def _place(moment: SQLCoreOperations[Any], weeks: Weeks) -> ColumnElement[int]:
    """The place of the week that a moment is in: 0 also for any moment before the first week, one
    more than there are for any after the last."""
    ends = literal([end for _, end in weeks], ARRAY(DateTime(timezone=True)))
    return cast(func.width_bucket(moment, ends), Integer)


def _running(weeks: Weeks, changes: Iterable[tuple[UUID, int, int]]) -> dict[Key, int]:
    """What there was at the end of each week, from what came and went in it by team and week."""
    by_team: dict[UUID, list[int]] = defaultdict(lambda: [0] * len(weeks))
    for team, week, change in changes:
        if week < len(weeks):
            by_team[team][week] += change
    return {
        (week, team): count
        for team, changed in by_team.items()
        for week, count in enumerate(accumulate(changed))
        if count
    }


async def _open_cases(session: AsyncSession, question: Question, weeks: Weeks) -> dict[Key, int]:
    case = cases(question.of_referral, of_person=False).c
    asked = (
        case.team.is_not(None),
        case.opened_at < weeks[-1][1],
        or_(case.closed_at.is_(None), case.closed_at >= weeks[0][1]),
        *question.narrowing(case),
    )
    ended = func.greatest(case.opened_at, case.closed_at)
    begun = select(case.team, _place(case.opened_at, weeks).label("week"), literal(1).label("n"))
    gone = select(case.team, _place(ended, weeks), literal(-1)).where(case.closed_at.is_not(None))
    change = union_all(begun.where(*asked), gone.where(*asked)).subquery().c
    summed = select(change.team, change.week, func.sum(change.n)).group_by(change.team, change.week)
    rows = await session.execute(summed)
    return _running(weeks, ((team, week, int(count)) for team, week, count in rows))


async def _kept(
    session: AsyncSession, question: Question, weeks: Weeks
) -> dict[Key, tuple[int, float | None]]:
    """Kept visits, and the mean of the days since the visit before."""
    visit = own_rows(VisitFact, question.of_referral).c
    before = visit.kept_before if question.team is None else visit.team_kept_before
    between = func.extract("epoch", func.avg(visit.scheduled_at - before)) / 86400
    week = _place(visit.scheduled_at, weeks)
    kept = (
        select(week, visit.team, func.count(), between)
        .where(
            visit.state == "kept",
            visit.team.is_not(None),
            visit.scheduled_at >= weeks[0][0],
            visit.scheduled_at < weeks[-1][1],
            *question.narrowing(visit),
        )
        .group_by(week, visit.team)
    )
    rows = await session.execute(kept)
    return {(place, team): (count, days) for place, team, count, days in rows}


async def _workers(session: AsyncSession, weeks: Weeks, teams: Collection[UUID]) -> dict[Key, int]:
    """How many worked in each of the teams when the week ended, by the last word on each worker who
    ever was in one of them."""
    worker = WorkerFact.__table__.c  # type: ignore[attr-defined]
    theirs = select(col(WorkerFact.worker_id)).where(col(WorkerFact.team).in_(teams))
    place = _place(worker.at, weeks)
    told = await session.execute(
        select(worker.worker_id, place, worker.version, worker.team, worker.capacity_points > 0)
        .where(worker.at < weeks[-1][1], worker.worker_id.in_(theirs))
        .order_by(worker.worker_id, place, worker.version)
    )
    return _running(weeks, _moves(told.all()))


def _moves(told: Iterable[Any]) -> Iterator[tuple[UUID, int, int]]:
    """Where workers came and went, from what was told of each, by week and version."""
    for _, words in groupby(told, key=lambda row: row[0]):
        newest, was_in = 0, None
        for _, week, version, team, works in words:
            if version < newest:
                continue
            if was_in is not None:
                yield was_in, week, -1
            newest, was_in = version, team if works else None
            if was_in is not None:
                yield was_in, week, 1


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
