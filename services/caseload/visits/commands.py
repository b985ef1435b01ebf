"""Booking visits, and what became of them. Each one transaction, once per idempotency key."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases import contacting
from services.caseload.cases import rules as case_rules
from services.caseload.cases.changing import Change, Deed, Work, carry_out, refuse
from services.caseload.cases.rules import Action
from services.caseload.notices import Sign, notice
from services.caseload.tables import CaseWorker, Visit, Worker
from services.caseload.visits import queries, rules
from services.caseload.visits.rules import VisitAction, VisitState
from services.caseload.visits.schemas import BookingBody, CancellingBody, KeepingBody, VisitView
from shared.contracts.case_life import VisitBooked, VisitCancelled, VisitKept
from shared.contracts.codes import (
    ContactChannel,
    Profession,
    VisitCancelledBy,
    VisitCancelReason,
)
from shared.crypto import BlindIndex
from shared.idempotency import Answer
from shared.ids import new_id
from shared.problems import ILLEGAL_TRANSITION, Problem


async def book_visit(
    session: AsyncSession, index: BlindIndex, change: Change, body: BookingBody, *, nurse_limit: int
) -> Answer:
    """Books a visit. One too many with a psychiatric nurse is warned of, not refused."""

    async def do(work: Work) -> VisitView:
        work.take(Action.BOOK_VISIT)
        _check_booking(work, body)
        crew = await _crew(session, change, body)
        visit = Visit(
            id=new_id(),
            case_id=work.case.id,
            at=body.at,
            location=body.location,
            workers=sorted(map(str, crew)),
            professions=sorted(set(crew.values())),
            state=VisitState.BOOKED,
            booked_at=work.now,
        )
        session.add(visit)
        await _count_nurse_meetings(work, nurse_limit)
        work.tell(VisitBooked, **_facts(work, visit))
        return _told(work, visit)

    return await carry_out(session, index, change, Deed("visits", "visit.book", 201), body, do)


async def keep_visit(
    session: AsyncSession,
    index: BlindIndex,
    change: Change,
    visit_id: UUID,
    body: KeepingBody | None,
    *,
    nurse_limit: int,
) -> Answer:
    """The visit took place. If nobody had reached the client before, this was the contact."""

    async def do(work: Work) -> VisitView:
        visit = await _move(work, visit_id, Action.KEEP_VISIT, VisitAction.KEEP)
        told = body.at if body else None
        visit.held_at = rules.held_at(visit.at, told, work.now)
        impossible = case_rules.contact_time_error(visit.held_at, work.case.opened_at, work.now)
        refuse("/at", impossible, "a visit cannot have been at this moment")
        if work.case.contacted_at is None:
            contacting.reached(work, ContactChannel.VISIT, visit.held_at)
        await _count_nurse_meetings(work, nurse_limit)
        work.tell(VisitKept, at=visit.held_at, **_facts(work, visit))
        return _told(work, visit)

    deed = Deed(f"visits/{visit_id}/keep", "visit.keep")
    return await carry_out(session, index, change, deed, body, do)


async def cancel_visit(
    session: AsyncSession,
    index: BlindIndex,
    change: Change,
    visit_id: UUID,
    body: CancellingBody,
    *,
    nurse_limit: int,
) -> Answer:
    """The visit did not, or will not, take place."""

    async def do(work: Work) -> VisitView:
        visit = await _move(work, visit_id, Action.CANCEL_VISIT, VisitAction.CANCEL)
        await _count_nurse_meetings(work, nurse_limit)
        _cancel(work, visit, body.by, body.reason)
        return queries.view_of(visit)

    deed = Deed(f"visits/{visit_id}/cancel", "visit.cancel")
    return await carry_out(session, index, change, deed, body, do)


async def call_off(work: Work) -> None:
    """The case ends: the team calls off what is still booked."""
    for visit in await queries.booked_visits(work.session, work.case.id):
        visit.state = VisitState.CANCELLED
        _cancel(work, visit, VisitCancelledBy.TEAM, VisitCancelReason.CASE_CLOSED)


def _check_booking(work: Work, body: BookingBody) -> None:
    too_early = case_rules.before_the_case(body.at, work.case.opened_at)
    impossible = too_early or rules.too_far_ahead(body.at, work.now)
    refuse("/at", impossible, "a visit cannot be at this moment")


async def _crew(session: AsyncSession, change: Change, body: BookingBody) -> dict[UUID, Profession]:
    """The workers who take part, by id."""
    if body.with_ is not None:
        crew = await _professions(session, set(body.with_))
        unknown = None if len(crew) == len(set(body.with_)) else "worker_unknown"
        refuse("/with", unknown, "there is no such worker")
        return crew
    own = change.worker()
    crew = await _professions(session, {own}) if own else {}
    return crew or await _professions(session, await _workers_of(session, change.case_id))


async def _professions(session: AsyncSession, workers: set[UUID]) -> dict[UUID, Profession]:
    rows = await session.execute(
        select(col(Worker.id), col(Worker.profession)).where(col(Worker.id).in_(workers))
    )
    return {worker: Profession(profession) for worker, profession in rows}


async def _workers_of(session: AsyncSession, case_id: UUID) -> set[UUID]:
    theirs = select(col(CaseWorker.worker_id)).where(col(CaseWorker.case_id) == case_id)
    return set(await session.scalars(theirs))


async def _move(work: Work, visit_id: UUID, action: Action, step: VisitAction) -> Visit:
    work.take(action)
    visit = await queries.get_visit(work.session, work.case.id, visit_id)
    state = rules.after(VisitState(visit.state), step)
    if state is None:
        raise Problem(ILLEGAL_TRANSITION, f"A visit that is {visit.state} allows no {step}.")
    visit.state = state
    return visit


def _cancel(work: Work, visit: Visit, by: VisitCancelledBy, reason: VisitCancelReason) -> None:
    visit.cancelled_at = work.now
    visit.cancelled_by = by
    visit.cancel_reason = reason
    work.tell(VisitCancelled, cancelled_by=by, reason=reason, **_facts(work, visit))


async def _count_nurse_meetings(work: Work, limit: int) -> None:
    """Keeps the flag of the case; counts the visit in hand with the rest."""
    meetings = await queries.nurse_meetings(work.session, work.case.id)
    work.life.over_nurse_limit = rules.over_nurse_limit(meetings, limit)


def _facts(work: Work, visit: Visit) -> dict[str, Any]:
    return {
        "visit_id": visit.id,
        "scheduled_at": visit.at,
        "location": visit.location,
        "workers": tuple(visit.workers),
        "professions": tuple(visit.professions),
        "over_nurse_limit": work.life.over_nurse_limit,
    }


def _told(work: Work, visit: Visit) -> VisitView:
    concerned = rules.with_nurse(map(Profession, visit.professions))
    warned = concerned and work.life.over_nurse_limit
    return queries.view_of(visit, [notice(Sign.NURSE_MEETINGS_EXCEEDED)] if warned else None)
