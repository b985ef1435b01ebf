"""Reading placements; every one shown is logged in the transaction."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.persons.queries import refs_of
from services.caseload.placements import rules
from services.caseload.placements.schemas import PlacementView
from services.caseload.sight import in_sight
from services.caseload.tables import Placement
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import HousingService, Production, ServiceChannel
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; `on` leaves those that hold on that day."""

    client_ref: UUID | None = None
    case: UUID | None = None
    team: UUID | None = None
    service_type: HousingService | None = None
    on: date | None = None


async def read_placement(
    session: AsyncSession, caller: Caller, placement_id: UUID
) -> tuple[PlacementView, int]:
    """A placement in the caller's sight, and its version. Raises `not_found`."""
    async with session.begin():
        placement = await find(session, caller, placement_id)
        await audit.record(session, caller, entry("placement.read", placement))
        return view_of(placement), placement.version


async def list_placements(
    session: AsyncSession, caller: Caller, filters: Filters, *, limit: int, cursor: str | None
) -> Page[PlacementView]:
    """A page of the placements in the caller's sight, last written first."""
    conditions = [in_sight(caller, col(Placement.team)), *_conditions(filters)]
    behind = decode_cursor(cursor)
    if behind is not None:
        conditions.append(col(Placement.id) < behind)
    async with session.begin():
        if filters.client_ref is not None:
            refs = await refs_of(session, filters.client_ref)
            conditions.append(col(Placement.client_ref).in_(refs))
        newest = select(Placement).where(*conditions).order_by(col(Placement.id).desc())
        rows = (await session.scalars(newest.limit(limit + 1))).all()
        shown = [entry("placement.read", row) for row in rows[:limit]]
        await audit.record(session, caller, *shown)
        return page_of(rows, limit, lambda row: row.id, view_of)


async def find(
    session: AsyncSession, caller: Caller, placement_id: UUID, *, lock: bool = False
) -> Placement:
    """The placement, if the caller may see it. Raises `not_found`."""
    statement = select(Placement).where(
        col(Placement.id) == placement_id, in_sight(caller, col(Placement.team))
    )
    placement: Placement | None = await session.scalar(
        statement.with_for_update() if lock else statement
    )
    if placement is None:
        raise Problem(NOT_FOUND)
    return placement


def view_of(placement: Placement) -> PlacementView:
    """The placement as its team sees it."""
    return PlacementView(
        id=placement.id,
        client_ref=placement.client_ref,
        case=placement.case_id,
        team=placement.team,
        service_type=HousingService(placement.service_type),
        production=Production(placement.production),
        channel=ServiceChannel(placement.channel),
        starts_on=placement.starts_on,
        ends_on=placement.ends_on,
        requires_sobriety=placement.requires_sobriety,
        standing=rules.standing_of(placement.ends_on, entered_in_error=placement.entered_in_error),
    )


def entry(action: str, placement: Placement) -> audit.Entry:
    """The audit row of an act on a placement."""
    return audit.Entry(
        action,
        "placement",
        subject_id=placement.id,
        client_ref=placement.client_ref,
        purpose="care",
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    columns = {
        "case": col(Placement.case_id),
        "team": col(Placement.team),
        "service_type": col(Placement.service_type),
    }
    wanted = {name: getattr(filters, name) for name in columns}
    conditions = [columns[name] == value for name, value in wanted.items() if value is not None]
    if filters.on is not None:
        ends_on = col(Placement.ends_on)
        conditions += [
            not_(col(Placement.entered_in_error)),
            col(Placement.starts_on) <= filters.on,
            or_(ends_on.is_(None), ends_on >= filters.on),
        ]
    return conditions
