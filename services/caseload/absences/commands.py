"""Recording and cancelling absences. Whoever is absent keeps their cases and takes no new ones."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.absences import queries
from services.caseload.absences.schemas import AbsenceBody
from services.caseload.assignment.draining import drain
from services.caseload.tables import Absence, Worker
from shared import audit, outbox
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.caseload import AbsenceCancelled, AbsenceRecorded
from shared.crypto import BlindIndex
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.problems import ILLEGAL_TRANSITION, PRECONDITION_FAILED, Problem
from shared.web import etag


async def record_absence(
    session: AsyncSession,
    index: BlindIndex,
    caller: Caller,
    worker_id: UUID,
    body: AbsenceBody,
    key: str | None,
) -> Answer:
    """The worker is no candidate for new cases on these days, from the next referral on."""
    path = f"/v1/workers/{worker_id}/absences"
    sent = body.model_dump(mode="json", by_alias=True)
    request = request_key(
        index, caller=caller.client_id, key=key, operation=f"POST {path}", body=sent
    )

    async def work() -> Answer:
        worker = await queries.worker_in_sight(session, caller, worker_id, lock=True)
        absence = Absence(
            id=new_id(),
            worker_id=worker_id,
            from_day=body.from_day,
            to_day=body.to_day,
            kind=body.kind,
            recorded_at=utc_now(),
        )
        session.add(absence)
        worker.version += 1
        await _log(session, caller, "worker.absence", worker)
        event = AbsenceRecorded(
            aggregate_id=worker.id,
            version=worker.version,
            occurred_at=absence.recorded_at,
            team=worker.team,
            absence=absence.id,
            from_day=absence.from_day,
            to_day=absence.to_day,
        )
        await outbox.append(session, [outbox.message(event, key=worker.id)])
        return _answer(absence, 201, {"Location": f"{path}/{absence.id}"})

    async with session.begin():
        return await once(session, request, work)


async def cancel_absence(
    session: AsyncSession, caller: Caller, worker_id: UUID, absence_id: UUID, expected: int
) -> Answer:
    """The worker is there after all, or again: those who wait get their room.

    Raises `precondition_failed`, and `illegal_transition` when it was cancelled before.
    """
    async with session.begin():
        worker = await queries.worker_in_sight(session, caller, worker_id, lock=True)
        absence = await queries.absence_of(session, worker_id, absence_id)
        if absence.version != expected:
            raise Problem(PRECONDITION_FAILED)
        if absence.cancelled_at is not None:
            raise Problem(ILLEGAL_TRANSITION, "The absence was cancelled before.")
        absence.cancelled_at = utc_now()
        absence.version += 1
        worker.version += 1
        event = AbsenceCancelled(
            aggregate_id=worker.id,
            version=worker.version,
            occurred_at=absence.cancelled_at,
            team=worker.team,
            absence=absence.id,
        )
        seated = await drain(session, [worker.team])
        await _log(session, caller, "worker.absence_cancel", worker)
        await outbox.append(session, [outbox.message(event, key=worker.id), *seated])
        return _answer(absence, 200, {})


async def _log(session: AsyncSession, caller: Caller, action: str, worker: Worker) -> None:
    await session.flush()
    await audit.record(session, caller, audit.Entry(action, "worker", subject_id=worker.id))


def _answer(absence: Absence, status: int, headers: dict[str, str]) -> Answer:
    body = queries.view_of(absence).model_dump(mode="json", by_alias=True)
    return Answer(status, body, headers | {"ETag": etag(absence.version)})
