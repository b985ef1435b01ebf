"""Reading service paths; every one shown is logged in the transaction."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload import days
from services.caseload.paths import rules
from services.caseload.paths.schemas import Participant, ServicePathSummary, ServicePathView
from services.caseload.sight import in_sight
from services.caseload.tables import Case, ServicePath
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import CaseStatus
from shared.crypto import FieldCipher
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to."""

    team: UUID | None = None
    overdue: bool | None = None


async def read_path(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, case_id: UUID
) -> tuple[ServicePathView, int]:
    """The path of a case that the caller takes part in, and its version. Raises `not_found`."""
    async with session.begin():
        case = await find_case(session, caller, case_id)
        path = await session.get(ServicePath, case_id)
        if path is None:
            raise Problem(NOT_FOUND)
        await audit.record(session, caller, entry("service_path.read", case))
        return view_of(cipher, case, path), path.version


async def list_paths(
    session: AsyncSession, caller: Caller, filters: Filters, *, limit: int, cursor: str | None
) -> Page[ServicePathSummary]:
    """A page of the open cases' paths that the caller takes part in, the newest case first."""
    conditions = [may_see(caller), col(Case.status) != CaseStatus.CLOSED, *_conditions(filters)]
    behind = decode_cursor(cursor)
    if behind is not None:
        conditions.append(col(Case.id) < behind)
    statement = (
        select(Case, ServicePath)
        .join(ServicePath, col(ServicePath.case_id) == col(Case.id))
        .where(*conditions)
        .order_by(col(Case.id).desc())
        .limit(limit + 1)
    )
    async with session.begin():
        rows = (await session.execute(statement)).all()
        shown = [entry("service_path.read", case) for case, _ in rows[:limit]]
        await audit.record(session, caller, *shown)
        return page_of(rows, limit, lambda row: row[0].id, lambda row: summary_of(row[0], row[1]))


async def find_case(
    session: AsyncSession, caller: Caller, case_id: UUID, *, lock: bool = False
) -> Case:
    """The case, if it is the caller's team's or the caller takes part in its path.

    Raises `not_found`.
    """
    statement = (
        select(Case)
        .outerjoin(ServicePath, col(ServicePath.case_id) == col(Case.id))
        .where(col(Case.id) == case_id, may_see(caller))
    )
    case: Case | None = await session.scalar(
        statement.with_for_update(of=Case) if lock else statement
    )
    if case is None:
        raise Problem(NOT_FOUND)
    return case


def may_see(caller: Caller) -> ColumnElement[bool]:
    """A condition on a case joined with its path: the team's own, or one with the caller's
    organisation on its path."""
    own = in_sight(caller, col(Case.team))
    if caller.org is None:
        return own
    return or_(own, col(ServicePath.organisations).contains([caller.org.lower()]))


def view_of(cipher: FieldCipher, case: Case, path: ServicePath) -> ServicePathView:
    """The path as those on it see it."""
    plan = cipher.decrypt(path.plan_sealed, seal_of(path.id)).decode()
    return ServicePathView(plan=plan, **summary_of(case, path).model_dump())


def summary_of(case: Case, path: ServicePath) -> ServicePathSummary:
    """The path without its plan."""
    return ServicePathSummary(
        case=case.id,
        client_ref=case.client_ref,
        team=case.team,
        coordinator=Participant.model_validate(path.coordinator),
        participants=[Participant.model_validate(each) for each in path.participants],
        next_review=path.next_review_on,
        overdue=rules.is_overdue(path.next_review_on, days.today()),
        started_at=path.started_at,
    )


def seal_of(path_id: UUID) -> str:
    """What ties the encrypted plan to its row."""
    return f"service_paths/{path_id}"


def entry(action: str, case: Case) -> audit.Entry:
    """The audit row of an act on the path of a case."""
    return audit.Entry(
        action,
        "service_path",
        subject_id=case.id,
        client_ref=case.client_ref,
        purpose="coordination",
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.team is not None:
        conditions.append(col(Case.team) == filters.team)
    if filters.overdue is not None:
        next_review, today = col(ServicePath.next_review_on), days.today()
        conditions.append(next_review < today if filters.overdue else next_review >= today)
    return conditions
