"""Jobs of the event process: each worked on by one worker at a time, whoever dies meanwhile.

A worker takes a job under a lease that ends by itself, and prolongs it with every batch that it
commits. What a batch changes is committed only while the lease is still held, so that a worker
that was thought dead changes nothing more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from shared.auth import Caller
from shared.clock import utc_now
from shared.db import Database, is_transient, refusal_of
from shared.ids import new_id
from shared.tables import Moment

LOG = structlog.get_logger(__name__)
MAX_ATTEMPTS = 5
"""A job that was taken so often without any progress fails, so that others get their turn."""
RETRY_SECONDS = 1.0


class JobState(StrEnum):
    """Where a job stands. `receiving` is an upload on its way, which nobody is shown."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(SQLModel):
    """The columns of a job. `leased_until` is when another worker may take it over; `attempts`
    counts the takings since it last made progress."""

    id: UUID = Field(primary_key=True)
    state: str
    caller_subject: str
    caller_client_id: str
    caller_org: str | None = None
    caller_worker: str | None = None
    lease_owner: UUID | None = None
    leased_until: datetime | None = Field(default=None, sa_type=Moment)
    attempts: int = 0
    created_at: datetime = Field(sa_type=Moment)
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)

    @property
    def caller(self) -> Caller:
        """In whose name the job acts; the scope was checked when it was asked for."""
        return Caller(
            subject=self.caller_subject,
            client_id=self.caller_client_id,
            scopes=frozenset(),
            org=self.caller_org,
            worker=self.caller_worker,
        )


JobT = TypeVar("JobT", bound=Job)
Item = TypeVar("Item")


class LeaseLostError(Exception):
    """Another worker has taken the job over."""


@dataclass(frozen=True)
class Lease(Generic[JobT]):
    """A job that is ours for a while."""

    table: type[JobT]
    job_id: UUID
    owner: UUID
    lasts: timedelta

    async def prolonged(self, session: AsyncSession) -> JobT:
        """The job, locked, with a lease that begins anew. Raises `LeaseLostError`."""
        job: JobT | None = await session.scalar(
            update(self.table)
            .where(col(self.table.id) == self.job_id, col(self.table.lease_owner) == self.owner)
            .values(leased_until=func.now() + self.lasts, attempts=0)
            .returning(self.table)
        )
        if job is None:
            raise LeaseLostError
        return job

    async def together_or_singly(
        self,
        items: Sequence[Item],
        commit: Callable[[Sequence[Item]], Awaitable[None]],
        set_aside: Callable[[Item], Awaitable[None]],
    ) -> None:
        """Commits a batch. When that fails by a fault that would stay, each item is tried by
        itself, and set aside if it fails alone, so that a bad one stops no good one."""
        try:
            await commit(items)
        except LeaseLostError:
            raise
        except Exception as error:
            if is_transient(error):
                raise
            LOG.error(
                "job_batch_failed",
                job=self.table.__name__,
                id=str(self.job_id),
                items=len(items),
                error=type(error).__name__,
                **refusal_of(error),
            )
            if len(items) == 1:
                await set_aside(items[0])
                return
            for item in items:
                await self.together_or_singly([item], commit, set_aside)


class Runner(Generic[JobT]):
    """Works on the jobs of a table, oldest first, until cancelled.

    `work` does a whole job; `fail` ends one, in an open transaction, that cannot be done.
    """

    def __init__(
        self,
        database: Database,
        table: type[JobT],
        work: Callable[[Lease[JobT]], Awaitable[None]],
        fail: Callable[[AsyncSession, JobT], Awaitable[None]],
        *,
        lease_seconds: float,
        poll_seconds: float,
    ) -> None:
        self._database = database
        self._table = table
        self._work = work
        self._fail = fail
        self._lasts = timedelta(seconds=lease_seconds)
        self._poll_seconds = poll_seconds
        self._owner = new_id()

    async def run(self) -> None:
        """Works for ever; survives the loss of the database."""
        while True:
            try:
                worked = await self.run_next()
            except Exception as error:
                LOG.warning("job_not_taken", job=self._table.__name__, error=type(error).__name__)
                worked = False
            if not worked:
                await asyncio.sleep(self._poll_seconds)

    async def run_next(self) -> bool:
        """Takes the next job and works on it; False when there is none to take."""
        with suppress_instrumentation():
            lease, attempts = await self._take()
        if lease is None:
            return False
        try:
            if attempts > MAX_ATTEMPTS:
                await self._give_up(lease)
            else:
                await self._work(lease)
        except LeaseLostError:
            LOG.warning("job_taken_over", job=self._table.__name__, id=str(lease.job_id))
        except Exception as error:
            await self._interrupted(lease, error)
        return True

    async def _take(self) -> tuple[Lease[JobT] | None, int]:
        table = self._table
        free = (
            select(col(table.id))
            .where(
                col(table.state).in_([JobState.QUEUED, JobState.RUNNING]),
                or_(col(table.leased_until).is_(None), col(table.leased_until) < func.now()),
            )
            .order_by(col(table.id))
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        taking = (
            update(table)
            .where(col(table.id) == free)
            .values(
                state=JobState.RUNNING,
                started_at=func.coalesce(table.started_at, func.now()),
                lease_owner=self._owner,
                leased_until=func.now() + self._lasts,
                attempts=table.attempts + 1,
            )
            .returning(col(table.id), col(table.attempts))
        )
        async with self._database.sessions() as session, session.begin():
            taken = (await session.execute(taking)).first()
        if taken is None:
            return None, 0
        return Lease(table, taken.id, self._owner, self._lasts), taken.attempts

    async def _give_up(self, lease: Lease[JobT]) -> None:
        LOG.error("job_failed", job=self._table.__name__, id=str(lease.job_id))
        async with self._database.sessions() as session, session.begin():
            job = await lease.prolonged(session)
            await self._fail(session, job)
            finish(job, JobState.FAILED)

    async def _interrupted(self, lease: Lease[JobT], error: Exception) -> None:
        """Lets the job go, so that whoever is first may try again at once."""
        LOG.warning(
            "job_interrupted",
            job=self._table.__name__,
            id=str(lease.job_id),
            error=type(error).__name__,
        )
        changes: dict[str, Any] = {"leased_until": None}
        if is_transient(error):
            changes["attempts"] = 0
        with suppress(Exception):
            async with self._database.sessions() as session, session.begin():
                await session.execute(
                    update(lease.table)
                    .where(
                        col(lease.table.id) == lease.job_id,
                        col(lease.table.lease_owner) == lease.owner,
                    )
                    .values(changes)
                )
        await asyncio.sleep(RETRY_SECONDS)


def finish(job: Job, state: JobState) -> None:
    """Ends the job; nobody takes it again."""
    job.state = state
    job.finished_at = utc_now()
    job.lease_owner = None
    job.leased_until = None
