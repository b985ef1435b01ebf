"""Reading cases; every one shown is logged in the transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.cases import living
from services.caseload.cases.schemas import CaseView
from services.caseload.deadlines import views as deadlines
from services.caseload.deadlines.queries import is_due
from services.caseload.deadlines.rules import When
from services.caseload.notices import Sign
from services.caseload.persons.queries import refs_of
from services.caseload.persons.showing import Company, company_of
from services.caseload.sight import in_sight
from services.caseload.tables import Case, CaseClock, CaseLife, CaseReferral, CaseWorker
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import AlternativeService, CaseStatus, ClosingReason, Urgency
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to."""

    team: UUID | None = None
    worker: UUID | None = None
    status: CaseStatus | None = None
    due: When | None = None
    client_ref: UUID | None = None


@dataclass(frozen=True)
class Parts:
    """The workers, referrals, lives and clocks of some cases, by case, and whose they are."""

    workers: dict[UUID, list[UUID]]
    referrals: dict[UUID, list[UUID]]
    lives: dict[UUID, CaseLife]
    clocks: dict[UUID, CaseClock]
    company: Company


async def list_cases(
    session: AsyncSession, caller: Caller, filters: Filters, *, limit: int, cursor: str | None
) -> Page[CaseView]:
    """A page of the cases that the caller may see, newest first."""
    async with session.begin():
        conditions = [in_sight(caller, col(Case.team)), *_conditions(filters)]
        if filters.client_ref is not None:
            refs = await refs_of(session, filters.client_ref)
            conditions.append(col(Case.client_ref).in_(refs))
        behind = decode_cursor(cursor)
        if behind is not None:
            conditions.append(col(Case.id) < behind)
        rows = (
            await session.scalars(
                select(Case).where(*conditions).order_by(col(Case.id).desc()).limit(limit + 1)
            )
        ).all()
        parts = await _parts(session, rows)
        await audit.record(session, caller, *[entry("case.read", row) for row in rows[:limit]])
        return page_of(rows, limit, lambda row: row.id, lambda row: _view(row, parts))


async def find(session: AsyncSession, caller: Caller, case_id: UUID, *, lock: bool = False) -> Case:
    """The case, if the caller may see it. Raises `not_found`."""
    statement = select(Case).where(col(Case.id) == case_id, in_sight(caller, col(Case.team)))
    case: Case | None = await session.scalar(statement.with_for_update() if lock else statement)
    if case is None:
        raise Problem(NOT_FOUND)
    return case


async def client_of(session: AsyncSession, caller: Caller, case_id: UUID) -> UUID:
    """Whose case it is, if the caller may see it; locks nothing. Raises `not_found`."""
    client_ref: UUID | None = await session.scalar(
        select(col(Case.client_ref)).where(
            col(Case.id) == case_id, in_sight(caller, col(Case.team))
        )
    )
    if client_ref is None:
        raise Problem(NOT_FOUND)
    return client_ref


async def view_of(session: AsyncSession, case: Case) -> CaseView:
    """The case as its team sees it."""
    return _view(case, await _parts(session, [case]))


def entry(action: str, case: Case) -> audit.Entry:
    """The audit row of an act on a case."""
    return audit.Entry(
        action, "case", subject_id=case.id, client_ref=case.client_ref, purpose="care"
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.team is not None:
        conditions.append(col(Case.team) == filters.team)
    if filters.status is not None:
        conditions.append(col(Case.status) == filters.status)
    if filters.worker is not None:
        theirs = select(col(CaseWorker.case_id)).where(col(CaseWorker.worker_id) == filters.worker)
        conditions.append(col(Case.id).in_(theirs))
    if filters.due is not None:
        conditions.append(is_due(filters.due, utc_now()))
    return conditions


async def _parts(session: AsyncSession, cases: Sequence[Case]) -> Parts:
    case_ids = [case.id for case in cases]
    lives = await session.scalars(select(CaseLife).where(col(CaseLife.case_id).in_(case_ids)))
    clocks = await session.scalars(select(CaseClock).where(col(CaseClock.case_id).in_(case_ids)))
    parts = Parts(
        defaultdict(list),
        defaultdict(list),
        {life.case_id: life for life in lives},
        {clock.case_id: clock for clock in clocks},
        await company_of(session, cases),
    )
    workers = await session.execute(
        select(col(CaseWorker.case_id), col(CaseWorker.worker_id))
        .where(col(CaseWorker.case_id).in_(case_ids))
        .order_by(col(CaseWorker.worker_id))
    )
    for case_id, worker_id in workers:
        parts.workers[case_id].append(worker_id)
    referrals = await session.execute(
        select(col(CaseReferral.case_id), col(CaseReferral.referral_id))
        .where(col(CaseReferral.case_id).in_(case_ids))
        .order_by(col(CaseReferral.received_at), col(CaseReferral.referral_id))
    )
    for case_id, referral_id in referrals:
        parts.referrals[case_id].append(referral_id)
    return parts


def _view(case: Case, parts: Parts) -> CaseView:
    reason, alternative = case.closing_reason, case.alternative_service
    life, clock = parts.lives.get(case.id) or CaseLife(case_id=case.id), parts.clocks.get(case.id)
    whose = parts.company.of(case)
    late = deadlines.signs(case, life, clock, utc_now())
    signs = {**late, Sign.SAME_PERSON: bool(whose["same_person_as"])}
    return CaseView(
        id=case.id,
        client_ref=case.client_ref,
        status=CaseStatus(case.status),
        team=case.team,
        workers=parts.workers[case.id],
        referral_ids=parts.referrals[case.id],
        county=case.county,
        municipality=case.municipality,
        urgency=Urgency(case.urgency),
        opened_at=case.opened_at,
        contact_due_at=case.contact_due_at,
        attempts=case.attempts,
        contacted_at=case.contacted_at,
        closed_at=case.closed_at,
        closing_reason=ClosingReason(reason) if reason else None,
        alternative_service=AlternativeService(alternative) if alternative else None,
        **deadlines.view_of(clock),
        **living.views_of(life, signs),
        **whose,
    )
