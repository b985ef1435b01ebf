"""Reading retention runs, and the referrals that a run looks at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.retention.rules import CLOSED, Matter, matter_of
from services.referral.retention.schemas import Report, RunView
from services.referral.tables import Client, Referral, ReferralChange, RetentionRun
from services.referral.transitions import Action
from shared.calendar import FINLAND
from shared.contracts.codes import AgeGroup, PartnerKind, Reason
from shared.problems import NOT_FOUND, Problem

_CLOSING = (Action.CANCEL, Action.MARK_ENTERED_IN_ERROR)


@dataclass(frozen=True)
class Candidate:
    """A referral with what its retention depends on; `closed_on` is None while it is open."""

    id: UUID
    client_ref: UUID
    matter: Matter
    closed_on: date | None


async def read_run(session: AsyncSession, run_id: UUID) -> RunView:
    """The run. Raises `not_found`."""
    run = await session.get(RetentionRun, run_id)
    if run is None:
        raise Problem(NOT_FOUND)
    return view(run)


def view(run: RetentionRun) -> RunView:
    """The run with its report."""
    return RunView.model_validate(
        {
            "id": run.id,
            "state": run.state,
            "dry_run": run.dry_run,
            "as_of": run.as_of,
            "report": Report.model_validate(run.report),
            "created_at": run.created_at,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
        }
    )


async def next_closed(
    session: AsyncSession, behind: UUID | None, limit: int, *, lock: bool
) -> Sequence[Candidate]:
    """The next closed and not yet erased referrals in the order of ids. With `lock` they are
    locked, and those that somebody else has locked are left to the next run."""
    query = (
        _candidates()
        .where(col(Referral.status).in_(CLOSED))
        .order_by(col(Referral.id))
        .limit(limit)
    )
    if behind is not None:
        query = query.where(col(Referral.id) > behind)
    if lock:
        query = query.with_for_update(of=Referral, skip_locked=True)
    return [_candidate(row) for row in await session.execute(query)]


async def remaining_of(session: AsyncSession, client_refs: Collection[UUID]) -> Sequence[Candidate]:
    """All referrals of these refs that are not erased, open ones too."""
    query = _candidates().where(col(Referral.client_ref).in_(client_refs))
    return [_candidate(row) for row in await session.execute(query)]


async def count_open(session: AsyncSession) -> int:
    """How many referrals are not closed."""
    query = select(func.count()).where(
        col(Referral.erased_at).is_(None), col(Referral.status).not_in(CLOSED)
    )
    return int(await session.scalar(query) or 0)


def _candidates() -> Select[UUID, UUID, str, list[str], str, str, datetime | None]:
    return (
        select(
            col(Referral.id),
            col(Referral.client_ref),
            col(Referral.source_kind),
            col(Referral.reasons),
            col(Client.age_group),
            col(Referral.status),
            _closed_at().label("closed_at"),
        )
        .join(Client, col(Client.client_ref) == col(Referral.client_ref))
        .where(col(Referral.erased_at).is_(None))
    )


def _closed_at() -> ColumnElement[datetime | None]:
    """When the team ended its work or the sender took the referral back, whichever was last."""
    taken_back = (
        select(func.max(col(ReferralChange.changed_at)))
        .where(
            col(ReferralChange.referral_id) == col(Referral.id),
            col(ReferralChange.action).in_(_CLOSING),
        )
        .correlate(Referral)
        .scalar_subquery()
    )
    return func.greatest(col(Referral.ended_at), taken_back)


def _candidate(row: Any) -> Candidate:
    closed_at: datetime | None = row.closed_at if row.status in CLOSED else None
    reasons = [Reason(reason) for reason in row.reasons]
    return Candidate(
        row.id,
        row.client_ref,
        matter_of(PartnerKind(row.source_kind), reasons, AgeGroup(row.age_group)),
        closed_at.astimezone(FINLAND).date() if closed_at is not None else None,
    )
