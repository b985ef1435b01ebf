"""Gathering a team's own figures: who works, what is open, what came, ended, was kept."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.queries import new_weight, rooms_of
from services.caseload.assignment.rules import Room
from services.caseload.capacity import rules
from services.caseload.capacity.rules import Change, Figures
from services.caseload.capacity.schemas import CapacityView, Window
from services.caseload.capacity.views import capacity_view
from services.caseload.references import refusal
from services.caseload.sight import in_sight
from services.caseload.tables import Case, CaseReferral, Team, Visit, WaitlistPlace
from services.caseload.visits.rules import VisitState
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import CaseStatus, PartnerKind, VisitCancelReason
from shared.problems import NOT_FOUND, Problem

LOOKED_BACK = timedelta(weeks=12)
AT_LEAST = timedelta(weeks=1)
"""A team that began yesterday has no pace of a week yet."""


async def read_capacity(
    session: AsyncSession, caller: Caller, team_id: UUID, wishes: Sequence[str], language: str
) -> CapacityView:
    """What a team has room for and what follows; and for each wish what would. Tells of no client.

    Raises `not_found`, and `validation_failed` for a wish that is none.
    """
    changes = [(wish.replace(" ", "+"), _change(wish)) for wish in wishes]
    team = await session.scalar(
        select(Team).where(col(Team.id) == team_id, in_sight(caller, col(Team.id)))
    )
    if team is None:
        raise Problem(NOT_FOUND)
    now = utc_now()
    (room,) = await rooms_of(session, [team], now=now)
    window = Window(begins=await _beginning(session, team_id, now), ends=now)
    own = await _figures(session, team, room, window)
    outlooks = [("", rules.outlook(own))]
    outlooks += [(wish, rules.outlook(own, change)) for wish, change in changes]
    return capacity_view(team, room, own, outlooks, window, language)


def _change(wish: str) -> Change:
    change = rules.change_of(wish)
    if change is None:
        words = "say worker:+1, meetings:+2 or pause:landlord, with any number or partner kind"
        raise refusal("/query/what_if", "what_if_unknown", words)
    return change


async def _beginning(session: AsyncSession, team_id: UUID, now: datetime) -> datetime:
    """Since when the records are looked at: not from before the team's first client."""
    opened = select(func.min(col(Case.opened_at)).label("at")).where(col(Case.team) == team_id)
    waiting = select(func.min(col(WaitlistPlace.received_at)).label("at")).where(
        col(WaitlistPlace.team) == team_id
    )
    moments = union_all(opened, waiting).subquery()
    first = await session.scalar(select(func.min(moments.c.at)))
    return max(now - LOOKED_BACK, min(first or now, now - AT_LEAST))


async def _figures(session: AsyncSession, team: Team, room: Room, window: Window) -> Figures:
    weight = new_weight()
    present = [worker for worker in room.workers if not worker.absent]
    free = [int((w.capacity - w.load) // weight) for w in present if weight and w.load < w.capacity]
    kept, cancelled = await _visits(session, team.id, window)
    return Figures(
        full_time=float(sum(worker.week for worker in present)),
        meetings_per_worker_week=team.meetings_per_worker_week,
        caseload=sum(worker.open_cases for worker in room.workers),
        open_cases=await _count_cases(session, team.id, None),
        room=sum(free),
        guideline_caseload=team.guideline_caseload,
        new_weight=float(weight),
        service_days_target=team.service_days_target,
        waiting=await _count_waiting(session, team.id),
        weeks=(window.ends - window.begins) / timedelta(weeks=1),
        arrivals=await _arrivals(session, team.id, window),
        closings=await _count_cases(session, team.id, window),
        kept=kept,
        cancelled=cancelled,
    )


async def _count_cases(session: AsyncSession, team_id: UUID, closed_in: Window | None) -> int:
    """Cases that are open now, or that were closed in a window."""
    is_closed = col(Case.closed_at).between(closed_in.begins, closed_in.ends) if closed_in else None
    condition = col(Case.status) != CaseStatus.CLOSED if is_closed is None else is_closed
    counted = select(func.count()).select_from(Case).where(col(Case.team) == team_id, condition)
    return int(await session.scalar(counted) or 0)


async def _count_waiting(session: AsyncSession, team_id: UUID) -> int:
    counted = select(func.count()).where(col(WaitlistPlace.team) == team_id)
    return int(await session.scalar(counted) or 0)


async def _arrivals(
    session: AsyncSession, team_id: UUID, window: Window
) -> Counter[PartnerKind | None]:
    """Clients who came to the team, by who referred them first; None for those who came back or
    were taken over from elsewhere. Each came when their referral did, not when there was room."""
    came = union_all(
        select(col(Case.id), col(Case.opened_at).label("at")).where(
            col(Case.team) == team_id, col(Case.opened_at) >= window.begins
        ),
        select(col(WaitlistPlace.id), col(WaitlistPlace.received_at)).where(
            col(WaitlistPlace.team) == team_id
        ),
    ).subquery()
    first = (
        select(
            came.c.id,
            func.coalesce(col(CaseReferral.received_at), came.c.at).label("at"),
            col(CaseReferral.source_kind).label("kind"),
        )
        .outerjoin(CaseReferral, col(CaseReferral.case_id) == came.c.id)
        .ext(distinct_on(came.c.id))
        .order_by(came.c.id, col(CaseReferral.received_at))
        .subquery()
    )
    rows = await session.execute(
        select(first.c.kind, func.count()).where(first.c.at >= window.begins).group_by(first.c.kind)
    )
    return Counter({PartnerKind(kind) if kind else None: count for kind, count in rows})


async def _visits(session: AsyncSession, team_id: UUID, window: Window) -> tuple[int, int]:
    """How many were kept and how many called off; one that ended with its case was not needed."""
    kept = col(Visit.held_at).between(window.begins, window.ends)
    off = col(Visit.cancelled_at).between(window.begins, window.ends)
    ended = func.coalesce(col(Visit.cancel_reason), "") == VisitCancelReason.CASE_CLOSED
    row = await session.execute(
        select(
            func.count().filter(col(Visit.state) == VisitState.KEPT, kept),
            func.count().filter(col(Visit.state) == VisitState.CANCELLED, off, ~ended),
        )
        .join(Case, col(Case.id) == col(Visit.case_id))
        .where(col(Case.team) == team_id)
    )
    kept_count, cancelled_count = row.one()
    return kept_count, cancelled_count
