"""Teams with their loads, under lock, and what is known of a client's case or place in line."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Result, Row, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.choosing import Colleague, Need, sector_of, share_of_week
from services.caseload.assignment.rules import Pause, Room
from services.caseload.settings import case_weights
from services.caseload.tables import (
    Absence,
    Case,
    CaseReferral,
    CaseWorker,
    IntakeRule,
    Team,
    WaitlistPlace,
    Worker,
)
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.contracts.codes import (
    AgeGroup,
    CaseStatus,
    IntakeState,
    PartnerKind,
    Profession,
    Reason,
    RedirectReason,
    Sector,
)
from shared.contracts.municipalities import county_of


def may_take(need: Need) -> ColumnElement[bool]:
    """Teams that a decision on this client has to look at."""
    asked = or_(
        col(Team.municipalities).contains([need.municipality]),
        and_(col(Team.guidance_unit), col(Team.county) == county_of(need.municipality)),
        col(Team.id) == need.wished_team,
    )
    if need.source_kind is None:
        return asked
    instead = (
        select(col(IntakeRule.redirect_to))
        .join(Team, col(Team.id) == col(IntakeRule.team))
        .where(asked, col(IntakeRule.partner_kind) == need.source_kind)
    )
    return or_(asked, col(Team.id).in_(instead))


async def lock_teams(session: AsyncSession, condition: ColumnElement[bool]) -> dict[UUID, Team]:
    """The teams, locked until the commit: nobody else changes their workers' loads meanwhile.

    Locked in the order of ids, so that no two transactions wait for each other; FOR NO KEY UPDATE,
    which excludes its like but lets rows that refer to the team be written.
    """
    rows = await session.scalars(
        select(Team)
        .where(condition)
        .order_by(col(Team.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {team.id: team for team in rows}


async def rooms_of(
    session: AsyncSession, teams: Iterable[Team], *, now: datetime | None = None
) -> list[Room]:
    """The teams with their workers' loads; true until the commit if the teams are locked."""
    now = now or utc_now()
    teams = list(teams)
    team_ids = [team.id for team in teams]
    workers: dict[UUID, list[Colleague]] = defaultdict(list)
    for row in await _loads(session, team_ids, now):
        workers[row.team].append(_colleague(row))
    pauses = await _pauses(session, team_ids, now)
    return [
        Room(
            id=team.id,
            county=team.county,
            municipalities=frozenset(team.municipalities),
            target_groups=frozenset(team.target_groups),
            guidance_unit=team.guidance_unit,
            workers=tuple(workers[team.id]),
            pauses=tuple(pauses[team.id]),
        )
        for team in teams
    ]


def is_paused(now: datetime) -> ColumnElement[bool]:
    """Whether an intake rule keeps its source out at a moment; a pause ends by itself."""
    until = col(IntakeRule.until)
    return and_(col(IntakeRule.state) == IntakeState.PAUSED, or_(until.is_(None), until > now))


def is_absent(now: datetime) -> ColumnElement[bool]:
    """Whether a worker is absent on the day of this moment in Finland."""
    day = now.astimezone(FINLAND).date()
    return (
        select(col(Absence.id))
        .where(
            col(Absence.worker_id) == col(Worker.id),
            col(Absence.cancelled_at).is_(None),
            col(Absence.from_day) <= day,
            col(Absence.to_day) >= day,
        )
        .exists()
    )


async def _loads(
    session: AsyncSession, team_ids: Sequence[UUID], now: datetime
) -> Sequence[Row[Any]]:
    # The few open cases are counted first: a team's past is long.
    weights = {str(status): weight for status, weight in case_weights().items()}
    weight = case(weights, value=col(Case.status), else_=0)
    open_work = (
        select(
            col(CaseWorker.worker_id),
            func.count().label("open_cases"),
            func.sum(weight).label("load"),
        )
        .join(Case, col(Case.id) == col(CaseWorker.case_id))
        .where(col(Case.status) != CaseStatus.CLOSED)
        .group_by(col(CaseWorker.worker_id))
        .subquery()
    )
    rows: Result[Any] = await session.execute(
        select(
            col(Worker.team),
            col(Worker.id),
            col(Worker.profession),
            col(Worker.employer_sector),
            col(Worker.competences),
            col(Worker.languages),
            col(Worker.capacity_points),
            col(Worker.working_days),
            is_absent(now).label("absent"),
            func.coalesce(open_work.c.open_cases, 0).label("open_cases"),
            func.coalesce(open_work.c.load, 0).label("load"),
        )
        .outerjoin(open_work, open_work.c.worker_id == col(Worker.id))
        .where(col(Worker.team).in_(team_ids))
        .order_by(col(Worker.id))
    )
    return rows.all()


def _colleague(row: Row[Any]) -> Colleague:
    week = share_of_week(row.working_days)
    return Colleague(
        id=row.id,
        sector=sector_of(Profession(row.profession), Sector(row.employer_sector)),
        languages=tuple(row.languages),
        capacity=row.capacity_points * week,
        load=row.load,
        open_cases=row.open_cases,
        competences=frozenset(row.competences),
        absent=row.absent,
        week=week,
    )


async def _pauses(
    session: AsyncSession, team_ids: Sequence[UUID], now: datetime
) -> dict[UUID, list[Pause]]:
    rows = await session.execute(
        select(col(IntakeRule.team), col(IntakeRule.partner_kind), col(IntakeRule.redirect_to))
        .where(col(IntakeRule.team).in_(team_ids), is_paused(now))
        .order_by(col(IntakeRule.partner_kind))
    )
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    for team, kind, redirect_to in rows:
        pauses[team].append(Pause(PartnerKind(kind), redirect_to))
    return pauses


async def place_of(
    session: AsyncSession, client_ref: UUID, refs: Collection[UUID]
) -> WaitlistPlace | None:
    """The person's place in line, locked; of several that of this ref, then the oldest."""
    ref = col(WaitlistPlace.client_ref)
    place: WaitlistPlace | None = await session.scalar(
        select(WaitlistPlace)
        .where(ref.in_(refs))
        .order_by(ref != client_ref, col(WaitlistPlace.id))
        .limit(1)
        .with_for_update()
    )
    return place


async def open_case_of(
    session: AsyncSession, client_ref: UUID, refs: Collection[UUID]
) -> Case | None:
    """The person's open case, locked; of several that of this ref, then the oldest."""
    ref = col(Case.client_ref)
    case: Case | None = await session.scalar(
        select(Case)
        .where(ref.in_(refs), col(Case.status) != CaseStatus.CLOSED)
        .order_by(ref != client_ref, col(Case.id))
        .limit(1)
        .with_for_update()
    )
    return case


async def is_answered(session: AsyncSession, referral_id: UUID) -> bool:
    """Whether a case or a place answers the referral already."""
    answering = select(col(CaseReferral.case_id)).where(
        col(CaseReferral.referral_id) == referral_id
    )
    return await session.scalar(answering.limit(1)) is not None


async def referrals_of(session: AsyncSession, case_id: UUID) -> list[CaseReferral]:
    """The referrals that a case or place answers; the first began it."""
    rows = await session.scalars(
        select(CaseReferral)
        .where(col(CaseReferral.case_id) == case_id)
        .order_by(col(CaseReferral.received_at), col(CaseReferral.referral_id))
    )
    return list(rows)


def need_of(place: WaitlistPlace) -> Need:
    """What a client in line needs."""
    return Need(
        municipality=place.municipality,
        age_group=AgeGroup(place.age_group),
        reasons=frozenset(Reason(reason) for reason in place.reasons),
        language=place.language,
        wished_team=place.wished_team,
        source_kind=PartnerKind(place.source_kind) if place.source_kind else None,
        redirect_reason=RedirectReason(place.redirect_reason) if place.redirect_reason else None,
        earlier_workers=frozenset(map(UUID, place.earlier_workers)),
        weight=new_weight(),
    )


def new_weight() -> Decimal:
    """How many points a case takes when it begins."""
    return case_weights()[CaseStatus.ASSIGNED]
