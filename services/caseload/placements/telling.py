"""The events of a placement, an aggregate of its own on its client's key."""

from datetime import datetime
from typing import Any

from services.caseload.tables import Placement
from shared.contracts.caseload import CasePlaced, PlacementEnded, PlacementEvent


def told_of_new(placement: Placement, county: str | None, at: datetime) -> list[PlacementEvent]:
    """That the client has the service; a last day that is told at once comes as an event of its
    own, so that every end is one."""
    events: list[PlacementEvent] = [_placed(placement, county, at, version=1, ends_on=None)]
    if placement.ends_on is not None:
        events.append(ended(placement, county, at))
    return events


def corrected(placement: Placement, county: str | None, at: datetime) -> PlacementEvent:
    """The placement told again, as it is known now."""
    return _placed(placement, county, at, version=placement.version, ends_on=placement.ends_on)


def ended(placement: Placement, county: str | None, at: datetime) -> PlacementEvent:
    """That the placement has a last day."""
    facts = _common(placement, county, at) | {"ends_on": placement.ends_on}
    return PlacementEnded.model_validate(facts)


def _placed(
    placement: Placement, county: str | None, at: datetime, **differing: Any
) -> PlacementEvent:
    facts = {
        "service_type": placement.service_type,
        "production": placement.production,
        "channel": placement.channel,
        "starts_on": placement.starts_on,
        "requires_sobriety": placement.requires_sobriety,
        "entered_in_error": placement.entered_in_error,
    }
    return CasePlaced.model_validate(_common(placement, county, at) | facts | differing)


def _common(placement: Placement, county: str | None, at: datetime) -> dict[str, Any]:
    return {
        "aggregate_id": placement.id,
        "version": placement.version,
        "occurred_at": at,
        "client_ref": placement.client_ref,
        "case_id": placement.case_id,
        "team": placement.team,
        "county": county,
    }
