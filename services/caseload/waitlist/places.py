"""How a stored place in line is read as what orders it, and how a moved one is kept."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.caseload.tables import WaitlistPlace
from services.caseload.waitlist.rules import Place
from shared.contracts.codes import Urgency


def own_place(place: WaitlistPlace) -> Place:
    """Where the place would stand had nobody moved it."""
    return Place(place.id, Urgency(place.urgency), place.received_at, place.leaves_institution_on)


def standing(place: WaitlistPlace) -> Place:
    """Where the place stands."""
    at = place.stands_as
    if at is None:
        return own_place(place)
    leaves_on = at["leaves_institution_on"]
    return Place(
        id=place.id,
        urgency=Urgency(at["urgency"]),
        received_at=datetime.fromisoformat(at["received_at"]),
        leaves_institution_on=date.fromisoformat(leaves_on) if leaves_on else None,
        stands_at=UUID(at["stands_at"]),
        offset=at["offset"],
    )


def kept(moved: Place) -> dict[str, Any]:
    """What is stored of the position that a place was moved to."""
    leaves_on = moved.leaves_institution_on
    return {
        "urgency": str(moved.urgency),
        "received_at": moved.received_at.isoformat(),
        "leaves_institution_on": leaves_on.isoformat() if leaves_on else None,
        "stands_at": str(moved.stands_at),
        "offset": moved.offset,
    }
