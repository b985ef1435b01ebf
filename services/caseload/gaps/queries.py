"""Reading service gaps; every one shown is logged in the transaction."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.gaps.schemas import GapRecord, GapView
from services.caseload.sight import in_sight
from services.caseload.tables import ServiceGap
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import GapStatus
from shared.crypto import FieldCipher
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to."""

    team: UUID | None = None
    status: GapStatus | None = None
    type: str | None = None
    service: str | None = None
    municipality: str | None = None
    case: UUID | None = None


async def read_gap(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, gap_id: UUID
) -> tuple[GapView, int]:
    """A gap that a team in the caller's sight saw, and its version. Raises `not_found`."""
    async with session.begin():
        gap = await find(session, caller, gap_id)
        await audit.record(session, caller, entry("service_gap.read", gap))
        return view_of(cipher, gap), gap.version


async def list_gaps(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    filters: Filters,
    *,
    limit: int,
    cursor: str | None,
) -> Page[GapView]:
    """A page of the gaps that teams in the caller's sight saw, newest first."""
    conditions = [in_sight(caller, col(ServiceGap.team)), *_conditions(filters)]
    behind = decode_cursor(cursor)
    if behind is not None:
        conditions.append(col(ServiceGap.id) < behind)
    newest = select(ServiceGap).where(*conditions).order_by(col(ServiceGap.id).desc())
    async with session.begin():
        rows = (await session.scalars(newest.limit(limit + 1))).all()
        shown = [entry("service_gap.read", gap) for gap in rows[:limit]]
        await audit.record(session, caller, *shown)
        return page_of(rows, limit, lambda gap: gap.id, lambda gap: view_of(cipher, gap))


async def find(
    session: AsyncSession, caller: Caller, gap_id: UUID, *, lock: bool = False
) -> ServiceGap:
    """The gap, if the caller may see it. Raises `not_found`."""
    statement = select(ServiceGap).where(
        col(ServiceGap.id) == gap_id, in_sight(caller, col(ServiceGap.team))
    )
    gap: ServiceGap | None = await session.scalar(
        statement.with_for_update() if lock else statement
    )
    if gap is None:
        raise Problem(NOT_FOUND)
    return gap


def view_of(cipher: FieldCipher, gap: ServiceGap) -> GapView:
    """The gap as its team reads it."""
    description = cipher.decrypt(gap.description_sealed, seal_of(gap.id)).decode()
    return GapView(description=description, **record_of(gap).model_dump())


def record_of(gap: ServiceGap) -> GapRecord:
    """The gap without its description: what may be kept in the clear."""
    return GapRecord(
        id=gap.id,
        team=gap.team,
        type=gap.type,
        service=gap.service,
        municipality=gap.municipality,
        step=gap.step,
        case=gap.case_id,
        status=GapStatus(gap.status),
        resolution=gap.resolution,
        reported_at=gap.reported_at,
        resolved_at=gap.resolved_at,
    )


def seal_of(gap_id: UUID) -> str:
    """What ties the encrypted description to its row."""
    return f"service_gaps/{gap_id}"


def entry(action: str, gap: ServiceGap) -> audit.Entry:
    """The audit row of an act on a gap."""
    return audit.Entry(
        action,
        "service_gap",
        subject_id=gap.id,
        client_ref=gap.client_ref,
        purpose="coordination",
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    columns = {
        "team": col(ServiceGap.team),
        "status": col(ServiceGap.status),
        "type": col(ServiceGap.type),
        "service": col(ServiceGap.service),
        "municipality": col(ServiceGap.municipality),
        "case": col(ServiceGap.case_id),
    }
    wanted = {name: getattr(filters, name) for name in columns}
    return [columns[name] == value for name, value in wanted.items() if value is not None]
