"""Looking teams and workers up."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.tables import Team, Worker
from services.caseload.teams.schemas import ContactPolicy, TeamView, WorkerView
from shared.contracts.codes import Profession, Sector
from shared.problems import NOT_FOUND, Problem


async def get_team(session: AsyncSession, team_id: UUID) -> Team:
    """The team. Raises `not_found`."""
    team = await session.get(Team, team_id)
    if team is None:
        raise Problem(NOT_FOUND)
    return team


async def get_worker(session: AsyncSession, worker_id: UUID) -> Worker:
    """The worker. Raises `not_found`."""
    worker = await session.get(Worker, worker_id)
    if worker is None:
        raise Problem(NOT_FOUND)
    return worker


def policy_of(team: Team | None) -> ContactPolicy:
    """A team's contact policy; the house's defaults where there is no team."""
    return ContactPolicy() if team is None else ContactPolicy.model_validate(team.contact_policy)


def team_view(team: Team) -> TeamView:
    """The team as an administrator sees it."""
    return TeamView(
        id=team.id,
        name=team.name,
        county=team.county,
        municipalities=team.municipalities,
        target_groups=team.target_groups,
        contact_policy=policy_of(team),
        guideline_caseload=team.guideline_caseload,
        meetings_per_worker_week=team.meetings_per_worker_week,
        guidance_unit=team.guidance_unit,
        service_days_target=team.service_days_target,
        return_window_days=team.return_window_days,
    )


def worker_view(worker: Worker) -> WorkerView:
    """The worker as an administrator sees it."""
    return WorkerView(
        id=worker.id,
        team=worker.team,
        profession=Profession(worker.profession),
        employer_sector=Sector(worker.employer_sector),
        competences=worker.competences,
        languages=worker.languages,
        capacity_points=worker.capacity_points,
        working_days=worker.working_days,
    )
