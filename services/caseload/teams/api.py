"""`/v1/teams` and `/v1/workers`: who works where, for whom (scope `teams:admin`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.caseload.teams import commands, queries
from services.caseload.teams.schemas import TeamBody, TeamView, WorkerBody, WorkerView
from shared.auth import Caller, scoped
from shared.web import Session, etag, made_or_changed, optional_version

teams_router = APIRouter(prefix="/v1/teams", tags=["teams"])
workers_router = APIRouter(prefix="/v1/workers", tags=["workers"])
Admin = Annotated[Caller, Depends(scoped("teams:admin"))]
Expected = Annotated[int | None, Depends(optional_version)]


@teams_router.put(
    "/{team_id}",
    summary="Set up or change a team",
    responses=made_or_changed(TeamView),
)
async def put_team(
    team_id: UUID,
    body: TeamBody,
    caller: Admin,
    session: Session,
    response: Response,
    expected: Expected,
) -> TeamView:
    """201 when new; a change needs If-Match with the ETag that was read."""
    team, created = await commands.put_team(session, caller, team_id, body, expected)
    response.status_code = 201 if created else 200
    response.headers["ETag"] = etag(team.version)
    return queries.team_view(team)


@teams_router.get("/{team_id}", summary="A team")
async def get_team(team_id: UUID, _: Admin, session: Session, response: Response) -> TeamView:
    """The team, with its ETag."""
    team = await queries.get_team(session, team_id)
    response.headers["ETag"] = etag(team.version)
    return queries.team_view(team)


@workers_router.put(
    "/{worker_id}",
    summary="Set up or change a worker",
    responses=made_or_changed(WorkerView),
)
async def put_worker(
    worker_id: UUID,
    body: WorkerBody,
    caller: Admin,
    session: Session,
    response: Response,
    expected: Expected,
) -> WorkerView:
    """201 when new; a change needs If-Match with the ETag that was read."""
    worker, created = await commands.put_worker(session, caller, worker_id, body, expected)
    response.status_code = 201 if created else 200
    response.headers["ETag"] = etag(worker.version)
    return queries.worker_view(worker)


@workers_router.get("/{worker_id}", summary="A worker")
async def get_worker(worker_id: UUID, _: Admin, session: Session, response: Response) -> WorkerView:
    """The worker, with their ETag."""
    worker = await queries.get_worker(session, worker_id)
    response.headers["ETag"] = etag(worker.version)
    return queries.worker_view(worker)
