"""A person gives a case to other workers: within their room, or beyond it if a lead says so."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload import reasons
from services.caseload.anonymity import refuse_identifying
from services.caseload.assignment import choosing, placing, queries, rules
from services.caseload.assignment.rules import Room
from services.caseload.assignment.schemas import ReassignmentBody
from services.caseload.cases.changing import Change, Deed, Work, carry_out
from services.caseload.cases.rules import Action
from services.caseload.references import refusal
from services.caseload.settings import case_weights
from services.caseload.sight import in_sight
from services.caseload.tables import AssignmentExplanation, CaseWorker, Team, Worker
from shared.contracts.caseload import CaseReassigned
from shared.contracts.codes import CaseStatus, ReassignmentReason
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer
from shared.problems import INSUFFICIENT_SCOPE, WORKER_UNAVAILABLE, FieldError, Problem

LEAD_SCOPE = "teams:admin"


async def reassign(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    change: Change,
    body: ReassignmentBody,
) -> Answer:
    """The case gets these workers; the room that the others get goes to those who wait.

    Nothing happens when they have it already. Raises `worker_unavailable` when one of them is
    absent or has no room for it, unless a lead overrides that.
    """
    refuse_identifying("/reason", body.reason)
    if body.override and LEAD_SCOPE not in change.caller.scopes:
        raise Problem(INSUFFICIENT_SCOPE, f"To override the room needs the scope {LEAD_SCOPE}.")

    async def do(work: Work) -> None:
        work.take(Action.REASSIGN)
        before = await _workers_of(work)
        if set(before) == set(body.chosen()):
            return
        asked = await _teams_asked(session, change, body)
        teams = await queries.lock_teams(session, {*asked, *before.values()})
        rooms = await queries.rooms_of(session, teams.values(), now=work.now)
        room = _common_room(rooms, body)
        beyond = _check_room(room, body, set(before), case_weights()[CaseStatus(work.case.status)])
        await _hand_over(work, teams[room.id], body.chosen())
        await _write_down(work, cipher, room, body, beyond=beyond)
        work.tell(
            CaseReassigned,
            workers=tuple(body.chosen()),
            before=tuple(sorted(before)),
            reason=_code(body.reason),
            beyond_capacity=beyond,
        )
        work.freed |= set(teams)

    return await carry_out(session, index, change, Deed("reassign", "case.reassign"), body, do)


async def _workers_of(work: Work) -> dict[UUID, UUID]:
    """The case's workers, each with the team they are in now."""
    rows = await work.session.execute(
        select(col(Worker.id), col(Worker.team))
        .join(CaseWorker, col(CaseWorker.worker_id) == col(Worker.id))
        .where(col(CaseWorker.case_id) == work.case.id)
    )
    return {row.id: row.team for row in rows}


async def _teams_asked(
    session: AsyncSession, change: Change, body: ReassignmentBody
) -> Sequence[UUID]:
    rows = await session.scalars(
        select(col(Worker.team)).where(
            col(Worker.id).in_(body.chosen()), in_sight(change.caller, col(Worker.team))
        )
    )
    return rows.all()


def _common_room(rooms: Sequence[Room], body: ReassignmentBody) -> Room:
    """The team of those who are to have the case. Raises `validation_failed`."""
    chosen = set(body.chosen())
    for room in rooms:
        found = chosen & {worker.id for worker in room.workers}
        if found == chosen:
            return room
    pointer = "/worker" if body.worker else "/workers"
    raise refusal(pointer, "worker_unknown", "name workers of one team that you may see")


def _check_room(room: Room, body: ReassignmentBody, before: set[UUID], weight: Decimal) -> bool:
    """Whether the case goes beyond what those who are new to it can take."""
    errors = [
        FieldError(
            "/worker" if body.worker else f"/workers/{(body.workers or []).index(worker.id)}",
            "absent" if worker.absent else "no_room",
            "the worker is absent now" if worker.absent else "the worker has no room for the case",
        )
        for worker in room.workers
        if worker.id in {*body.chosen()} - before and not choosing.fits(worker, weight)
    ]
    if errors and not body.override:
        raise Problem(WORKER_UNAVAILABLE, errors=errors)
    return bool(errors)


async def _hand_over(work: Work, team: Team, workers: Sequence[UUID]) -> None:
    work.case.team = team.id
    work.case.county = team.county
    case_id = work.case.id
    await work.session.execute(delete(CaseWorker).where(col(CaseWorker.case_id) == case_id))
    rows = [{"case_id": case_id, "worker_id": worker} for worker in workers]
    await work.session.execute(insert(CaseWorker), rows)


async def _write_down(
    work: Work, cipher: FieldCipher, room: Room, body: ReassignmentBody, *, beyond: bool
) -> None:
    earlier = await work.session.get(AssignmentExplanation, work.case.id)
    need = placing.DECISIONS.validate_python(earlier.decision).need if earlier else None
    decision = rules.reassigned(need, room, {*body.chosen()}, beyond=beyond)
    await placing.explain(work.session, work.case.id, decision, work.now)
    await reasons.keep(
        work.session,
        cipher,
        work.case.id,
        reasons.Act.REASSIGN,
        body.reason,
        work.now,
        codes=set(ReassignmentReason),
    )


def _code(reason: str) -> ReassignmentReason:
    """The reason as an event tells it: words of one's own are only `other`."""
    known = reason in set(ReassignmentReason)
    return ReassignmentReason(reason) if known else ReassignmentReason.OTHER
