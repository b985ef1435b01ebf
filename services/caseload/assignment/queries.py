"""Teams with their loads, under lock, and what is known of a client's case or place in line."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.rules import Colleague, Need, Room
from services.caseload.tables import (
    Case,
    CaseReferral,
    CaseWorker,
    Team,
    WaitlistPlace,
    Worker,
)
from shared.contracts.codes import AgeGroup, CaseStatus, Reason, Sector
from shared.contracts.municipalities import county_of


def may_take(need: Need) -> ColumnElement[bool]:
    """Teams that a decision on this client has to look at."""
    return or_(
        col(Team.municipalities).contains([need.municipality]),
        and_(col(Team.guidance_unit), col(Team.county) == county_of(need.municipality)),
        col(Team.id) == need.wished_team,
    )


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


async def rooms_of(session: AsyncSession, teams: Sequence[Team]) -> list[Room]:
    """The teams with their workers' loads; true until the commit if the teams are locked."""
    workers: dict[UUID, list[Colleague]] = defaultdict(list)
    for team_id, colleague in await _loads(session, [team.id for team in teams]):
        workers[team_id].append(colleague)
    return [
        Room(
            id=team.id,
            county=team.county,
            municipalities=frozenset(team.municipalities),
            target_groups=frozenset(team.target_groups),
            guidance_unit=team.guidance_unit,
            workers=tuple(workers[team.id]),
        )
        for team in teams
    ]


async def _loads(session: AsyncSession, team_ids: Sequence[UUID]) -> list[tuple[UUID, Colleague]]:
    # The few open cases are counted first: a team's past is long.
    open_work = (
        select(col(CaseWorker.worker_id), func.count().label("open_cases"))
        .join(Case, col(Case.id) == col(CaseWorker.case_id))
        .where(col(Case.status) != CaseStatus.CLOSED)
        .group_by(col(CaseWorker.worker_id))
        .subquery()
    )
    rows = await session.execute(
        select(
            col(Worker.team),
            col(Worker.id),
            col(Worker.employer_sector),
            col(Worker.languages),
            col(Worker.capacity_points),
            func.coalesce(open_work.c.open_cases, 0),
        )
        .outerjoin(open_work, open_work.c.worker_id == col(Worker.id))
        .where(col(Worker.team).in_(team_ids))
        .order_by(col(Worker.id))
    )
    return [
        (team, Colleague(worker, Sector(sector), tuple(languages), capacity, open_cases))
        for team, worker, sector, languages, capacity, open_cases in rows
    ]


async def place_of(session: AsyncSession, client_ref: UUID) -> WaitlistPlace | None:
    """The client's place in line, locked."""
    place: WaitlistPlace | None = await session.scalar(
        select(WaitlistPlace).where(col(WaitlistPlace.client_ref) == client_ref).with_for_update()
    )
    return place


async def open_case_of(session: AsyncSession, client_ref: UUID) -> Case | None:
    """The client's open case, locked."""
    case: Case | None = await session.scalar(
        select(Case)
        .where(col(Case.client_ref) == client_ref, col(Case.status) != CaseStatus.CLOSED)
        .with_for_update()
    )
    return case


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
    )
