"""Setting up and changing teams and workers. Either may make room for those who wait."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.draining import drain
from services.caseload.tables import Team, Worker
from services.caseload.teams.schemas import TeamBody, WorkerBody
from shared import audit, outbox
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.base import EventData
from shared.contracts.caseload import TeamChanged, WorkerChanged
from shared.problems import (
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)

Row = TypeVar("Row", Team, Worker)


async def put_team(
    session: AsyncSession, caller: Caller, team_id: UUID, body: TeamBody, expected: int | None
) -> tuple[Team, bool]:
    """Sets a team up, or changes it when `expected` is its present version.

    Returns the team and whether it is new. Raises `precondition_required` when it exists and no
    version was given, `precondition_failed` when the version is another.
    """
    async with session.begin():
        team, created = await _put(session, Team, team_id, body.model_dump(mode="json"), expected)
        changed = _message(_team_changed(team))
        waiting = await drain(session, [team_id])
        entry = audit.Entry("team.put", "team", subject_id=team_id)
        await audit.record(session, caller, entry)
        await outbox.append(session, [changed, *waiting])
    return team, created


async def put_worker(
    session: AsyncSession, caller: Caller, worker_id: UUID, body: WorkerBody, expected: int | None
) -> tuple[Worker, bool]:
    """Sets a worker up, or changes them, like `put_team`.

    Raises also `validation_failed` when there is no such team.
    """
    async with session.begin():
        if await session.get(Team, body.team) is None:
            unknown = FieldError("/team", "team_unknown", "there is no such team")
            raise Problem(VALIDATION_FAILED, errors=[unknown])
        left = await _team_before(session, worker_id)
        values = body.model_dump(mode="json") | {"team": body.team}
        worker, created = await _put(session, Worker, worker_id, values, expected)
        # The team that the worker leaves may be giving them a case just now: it is locked too.
        waiting = await drain(session, {worker.team, left or worker.team})
        entry = audit.Entry("worker.put", "worker", subject_id=worker_id)
        await audit.record(session, caller, entry)
        await outbox.append(session, [_message(_worker_changed(worker)), *waiting])
    return worker, created


async def _team_before(session: AsyncSession, worker_id: UUID) -> UUID | None:
    """The team of a worker who is there already; their row is locked, save for its key: a case may
    be given to them meanwhile, so nobody waits for each other."""
    team: UUID | None = await session.scalar(
        select(col(Worker.team)).where(col(Worker.id) == worker_id).with_for_update(key_share=True)
    )
    return team


async def _put(
    session: AsyncSession,
    table: type[Row],
    row_id: UUID,
    values: dict[str, Any],
    expected: int | None,
) -> tuple[Row, bool]:
    """The row as written, and whether it is new."""
    if expected is None:
        made = await session.execute(
            insert(table)
            .values(id=row_id, version=1, **values)
            .on_conflict_do_nothing(index_elements=[col(table.id)])
            .returning(col(table.id))
        )
        if made.first() is None:
            raise Problem(PRECONDITION_REQUIRED)
        return await session.get_one(table, row_id), True
    row = await session.scalar(
        select(table).where(col(table.id) == row_id).with_for_update(key_share=True)
    )
    if row is None or row.version != expected:
        raise Problem(PRECONDITION_FAILED)
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    await session.flush()
    return row, False


def _message(data: EventData) -> outbox.Message:
    return outbox.message(data, key=data.aggregate_id)


def _team_changed(team: Team) -> TeamChanged:
    return TeamChanged(
        aggregate_id=team.id,
        version=team.version,
        occurred_at=utc_now(),
        county=team.county,
        municipalities=tuple(team.municipalities),
        target_groups=tuple(team.target_groups),
        guidance_unit=team.guidance_unit,
        guideline_caseload=team.guideline_caseload,
    )


def _worker_changed(worker: Worker) -> WorkerChanged:
    return WorkerChanged.model_validate(
        {
            "aggregate_id": worker.id,
            "version": worker.version,
            "occurred_at": utc_now(),
            "team": worker.team,
            "profession": worker.profession,
            "employer_sector": worker.employer_sector,
            "capacity_points": worker.capacity_points,
        }
    )
