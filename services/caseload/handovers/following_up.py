"""After 30 and 90 days: is the client still with the receiving service? What is due, and answers.

The case is closed by then, as a rule, and stays so.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases import queries as cases
from services.caseload.cases.changing import Change, Deed, Work, carry_out
from services.caseload.handovers import queries
from services.caseload.handovers.bouncing import facts
from services.caseload.handovers.schemas import DueFollowUpView, FollowUpBody, HandoverView
from services.caseload.sight import in_sight
from services.caseload.tables import Case, Handover, HandoverFollowUp
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.case_life import HandoverFollowedUp
from shared.crypto import BlindIndex
from shared.idempotency import Answer
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import CONFLICT, Problem


async def follow_up(
    session: AsyncSession, index: BlindIndex, change: Change, handover_id: UUID, body: FollowUpBody
) -> Answer:
    """Writes an answer down. Raises `conflict` when it is not due yet, or was given before."""

    async def do(work: Work) -> HandoverView:
        handover = await queries.get_handover(session, work.case.id, handover_id)
        asked = await session.get(HandoverFollowUp, (handover_id, body.days))
        if asked is None:
            raise Problem(CONFLICT, f"A handover that is {handover.state} has no follow-up.")
        if asked.done_at is not None:
            raise Problem(CONFLICT, f"The answer after {body.days} days was given before.")
        if asked.due_at > work.now:
            detail = f"After {body.days} days means from {asked.due_at:%Y-%m-%d} on."
            raise Problem(CONFLICT, detail)
        asked.done_at = work.now
        asked.attached = body.attached
        work.tell(HandoverFollowedUp, days=body.days, attached=body.attached, **facts(handover))
        return await queries.view_of(session, handover)

    deed = Deed(f"handovers/{handover_id}/follow-ups", "handover.follow_up", 201)
    return await carry_out(session, index, change, deed, body, do)


async def list_due(
    session: AsyncSession, caller: Caller, team: UUID | None, *, limit: int, cursor: str | None
) -> Page[DueFollowUpView]:
    """A page of the handovers in sight of which a question is due, the first proposed first."""
    async with session.begin():
        now = utc_now()
        due = (col(HandoverFollowUp.due_at) <= now, col(HandoverFollowUp.done_at).is_(None))
        asked = select(col(HandoverFollowUp.handover_id)).where(*due)
        conditions = [col(Handover.id).in_(asked), in_sight(caller, col(Case.team))]
        if team is not None:
            conditions.append(col(Case.team) == team)
        behind = decode_cursor(cursor)
        if behind is not None:
            conditions.append(col(Handover.id) > behind)
        found = await session.execute(
            select(Handover, Case)
            .join(Case, col(Case.id) == col(Handover.case_id))
            .where(*conditions)
            .order_by(col(Handover.id))
            .limit(limit + 1)
        )
        rows = found.all()
        questions = await queries.follow_ups_of(session, [handover for handover, _ in rows])
        shown = [cases.entry("case.read", case) for _, case in rows[:limit]]
        await audit.record(session, caller, *shown)
        views = [
            DueFollowUpView(
                handover=handover.id,
                case=case.id,
                client_ref=case.client_ref,
                team=case.team,
                receiver=queries.receiver_of(handover),
                service=handover.service,
                due=[q for q in questions[handover.id] if q.done_at is None and q.due_at <= now],
            )
            for handover, case in rows
        ]
        return page_of(views, limit, lambda view: view.handover, lambda view: view)
