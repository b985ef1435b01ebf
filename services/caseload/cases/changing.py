"""One change of a case in one transaction: the frame that every capability's commands fill.

The case is locked at the version its caller read; what the change adds (rows, events) is told by
the work that is passed in. Then the room that a lighter case leaves goes to those who wait, and
the audit row and the events come last.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.draining import drain
from services.caseload.assignment.queries import referrals_of
from services.caseload.case_events import CaseEvents
from services.caseload.cases import queries, rules
from services.caseload.cases.rules import Action
from services.caseload.settings import case_weights
from services.caseload.tables import Case, CaseLife, CaseWorker, Worker
from shared import audit, outbox, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.caseload import CaseEvent
from shared.contracts.codes import CaseStatus
from shared.crypto import BlindIndex
from shared.idempotency import Answer, RequestKey, once, request_key
from shared.problems import (
    ILLEGAL_TRANSITION,
    PRECONDITION_FAILED,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)
from shared.web import etag


@dataclass(frozen=True)
class Change:
    """A request to change a case: who asks, which case, the version they read, their key."""

    caller: Caller
    case_id: UUID
    expected: int
    idempotency_key: str | None

    def request(self, index: BlindIndex, operation: str, body: object) -> RequestKey | None:
        """The key under which the first answer is kept."""
        return request_key(
            index,
            caller=self.caller.client_id,
            key=self.idempotency_key,
            operation=f"POST /v1/cases/{self.case_id}/{operation}",
            body=body,
        )

    def worker(self) -> UUID | None:
        """Who of the team asks, if the token says."""
        try:
            return UUID(self.caller.worker or "")
        except ValueError:
            return None


@dataclass(frozen=True)
class Deed:
    """What a change is called: in its path and in the audit log, and the status of its answer."""

    operation: str
    action: str
    status: int = 200


@dataclass
class Work:
    """A case under its row lock while it is changed: what is known of it, and its events so far.

    `shown_version` replaces the case's version in the answer's ETag for a caller that may not see
    the case. `freed` are teams whose workers the change gives room otherwise than by the phase.
    """

    session: AsyncSession
    case: Case
    life: CaseLife
    events: CaseEvents
    now: datetime
    before: CaseStatus
    others: list[outbox.Message] = field(default_factory=list)
    shown_version: int | None = None
    freed: set[UUID] = field(default_factory=set)

    def take(self, action: Action) -> None:
        """Moves the case. Raises `illegal_transition`."""
        status = rules.after(CaseStatus(self.case.status), action)
        if status is None:
            detail = f"A case that is {self.case.status} allows no {action}."
            raise Problem(ILLEGAL_TRANSITION, detail)
        self.case.status = status

    def tell(self, event: type[CaseEvent], *, at: datetime | None = None, **facts: Any) -> None:
        """Adds an event of the case's next version, which the case has from now on."""
        self.events.add(event, at=at or self.now, team=self.case.team, **facts)
        self.case.version = self.events.version


Do = Callable[[Work], Awaitable[BaseModel | None]]
"""The change itself; answers what the caller is shown, the case if None."""
Lock = Callable[[AsyncSession, Change], Awaitable[Case]]
"""The case under its row lock, if the caller may change it at the version they read."""


async def lock_case(session: AsyncSession, change: Change) -> Case:
    """The case in the caller's sight. Raises `not_found` and `precondition_failed`."""
    case = await queries.find(session, change.caller, change.case_id, lock=True)
    if case.version != change.expected:
        raise Problem(PRECONDITION_FAILED)
    return case


async def carry_out(
    session: AsyncSession,
    index: BlindIndex,
    change: Change,
    deed: Deed,
    body: BaseModel | None,
    do: Do,
    *,
    lock: Lock = lock_case,
) -> Answer:
    """Does the change once per idempotency key, in a transaction of its own."""
    sent = body.model_dump(mode="json") if body else None

    async def work() -> Answer:
        opened = await open_work(session, await lock(session, change))
        shown = await do(opened)
        return await _finish(opened, change.caller, deed, shown)

    async with session.begin():
        return await once(session, change.request(index, deed.operation, sent), work)


async def open_work(session: AsyncSession, case: Case) -> Work:
    """Gathers what changing a locked case needs."""
    telemetry.tag(case_id=str(case.id))
    life = await session.get(CaseLife, case.id)
    if life is None:
        life = CaseLife(case_id=case.id)
        session.add(life)
    referrals = await referrals_of(session, case.id)
    referral_ids = tuple(referral.referral_id for referral in referrals)
    events = CaseEvents(case.id, case.client_ref, referral_ids, case.version)
    return Work(session, case, life, events, utc_now(), CaseStatus(case.status))


async def record(work: Work, caller: Caller, action: str) -> None:
    """Ends a change: room for others, the audit row, then all events, which come last."""
    await work.session.flush()
    work.others += await _give_room_away(work)
    await audit.record(work.session, caller, queries.entry(action, work.case))
    await outbox.append(work.session, [*work.events.messages, *work.others])


async def _give_room_away(work: Work) -> list[outbox.Message]:
    weights = case_weights()
    weight = weights.get(CaseStatus(work.case.status), 0)
    teams = set(work.freed)
    if weight < weights.get(work.before, 0):
        teams |= await _teams_of_workers(work.session, work.case.id)
    return await drain(work.session, teams) if teams else []


async def _teams_of_workers(session: AsyncSession, case_id: UUID) -> set[UUID]:
    """The teams of a case's workers: one may have changed teams since."""
    rows = await session.scalars(
        select(col(Worker.team))
        .join(CaseWorker, col(CaseWorker.worker_id) == col(Worker.id))
        .where(col(CaseWorker.case_id) == case_id)
    )
    return set(rows)


async def _finish(work: Work, caller: Caller, deed: Deed, shown: BaseModel | None) -> Answer:
    view = shown or await queries.view_of(work.session, work.case)
    await record(work, caller, deed.action)
    version = work.case.version if work.shown_version is None else work.shown_version
    body = view.model_dump(mode="json", by_alias=True)
    return Answer(deed.status, body, {"ETag": etag(version)})


def refuse(pointer: str, code: str | None, detail: str) -> None:
    """Raises `validation_failed` for a field that a rule found wrong; nothing if it found none."""
    if code is not None:
        raise Problem(VALIDATION_FAILED, errors=[FieldError(pointer, code, detail)])
