"""The events of a placement, an aggregate of its own on its client's key, made of its row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.contracts.caseload import CasePlaced, PlacementEnded, PlacementEvent

Row = Mapping[str, Any]
"""The columns of a placement by name."""

_COMMON = ("client_ref", "case_id", "team")
_FACTS = (
    "service_type",
    "production",
    "channel",
    "starts_on",
    "requires_sobriety",
    "entered_in_error",
)


def told_of_new(placement: Row, county: str | None, at: datetime) -> list[PlacementEvent]:
    """That the client has the service; a last day that is told at once comes as an event of its
    own, so that every end is one."""
    events = [begun(placement, county, at)]
    if placement["ends_on"] is not None:
        events.append(ended(placement, county, at))
    return events


def begun(placement: Row, county: str | None, at: datetime) -> PlacementEvent:
    """That the client has the service, the first event of a placement."""
    return _placed(placement, county, at, version=1, ends_on=None)


def corrected(placement: Row, county: str | None, at: datetime) -> PlacementEvent:
    """The placement told again, as it is known now."""
    return _placed(placement, county, at, ends_on=placement["ends_on"])


def ended(placement: Row, county: str | None, at: datetime) -> PlacementEvent:
    """That the placement has a last day."""
    last_day = {"ends_on": placement["ends_on"]}
    return PlacementEnded.model_validate(_common(placement, county, at) | last_day)


def _placed(placement: Row, county: str | None, at: datetime, **differing: Any) -> PlacementEvent:
    facts = {name: placement[name] for name in _FACTS}
    return CasePlaced.model_validate(_common(placement, county, at) | facts | differing)


def _common(placement: Row, county: str | None, at: datetime) -> dict[str, Any]:
    return {
        "aggregate_id": placement["id"],
        "version": placement["version"],
        "occurred_at": at,
        "county": county,
        **{name: placement[name] for name in _COMMON},
    }
