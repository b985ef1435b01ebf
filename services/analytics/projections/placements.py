"""Placements on the service ladder: the newest version of what was told holds, in any order.

What a placement is and when it ends are two groups of columns, as an end may be told by itself.
"""

from typing import Any, cast

from sqlalchemy import case, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.tables import PlacementFact
from shared import telemetry
from shared.contracts.caseload import CasePlaced, PlacementEnded, PlacementEvent
from shared.messages import Received

Values = dict[str, Any]


async def place(session: AsyncSession, event: Received) -> None:
    """A client has a service, or the placement is told again with what was wrong mended."""
    data = cast(CasePlaced, event.data)
    facts: Values = {
        "service_type": data.service_type,
        "production": data.production,
        "channel": data.channel,
        "starts_on": data.starts_on,
        "requires_sobriety": data.requires_sobriety,
        "entered_in_error": data.entered_in_error,
        "placed_version": data.version,
    }
    await _upsert(session, data, placed_version=facts, ends_version=_end_of(data))


async def end(session: AsyncSession, event: Received) -> None:
    """A placement has a last day."""
    data = cast(PlacementEnded, event.data)
    await _upsert(session, data, ends_version=_end_of(data))


def _end_of(data: CasePlaced | PlacementEnded) -> Values:
    return {"ends_on": data.ends_on, "ends_version": data.version}


async def _upsert(session: AsyncSession, data: PlacementEvent, **groups: Values) -> None:
    """Each group of columns, by the name of its version, is filled only with what is newer; whose
    the placement is, with the newest of all."""
    whose = {name: getattr(data, name) for name in ("client_ref", "case_id", "team", "county")}
    newest = func.greatest(PlacementFact.placed_version, PlacementFact.ends_version)
    known = dict.fromkeys(whose, newest)
    values = dict(whose)
    for version, group in groups.items():
        known |= dict.fromkeys(group, getattr(PlacementFact, version))
        values |= group
    upsert = insert(PlacementFact).values(placement_id=data.aggregate_id, **values)
    changes = {
        name: case(
            (known[name] < data.version, upsert.excluded[name]),
            else_=getattr(PlacementFact, name),
        )
        for name in values
    }
    await session.execute(
        upsert.on_conflict_do_update(index_elements=[col(PlacementFact.placement_id)], set_=changes)
    )
    telemetry.tag(placement_id=str(data.aggregate_id))
