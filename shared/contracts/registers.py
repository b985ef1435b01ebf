"""Events of what a team keeps beside its cases: consultations, group sessions, service gaps.

None tells of a client: a consultation is anonymous, a group session is counted, and a gap is about
the service system.
"""

from datetime import date
from uuid import UUID

from pydantic import NonNegativeInt, PositiveInt

from shared.contracts.base import EventData, event
from shared.contracts.codes import GapStatus, PartnerKind, Reason
from shared.contracts.fields import Code
from shared.contracts.topics import CONSULTATION, GAP


@event("nopsa.consultation.held.v1", topic=CONSULTATION)
class ConsultationHeld(EventData):
    """Somebody asked a team about a situation without telling whose it is."""

    team: UUID
    asked_by_kind: PartnerKind
    topics: tuple[Reason, ...]
    minutes: PositiveInt
    held_on: date


@event("nopsa.consultation.group-session-held.v1", topic=CONSULTATION)
class GroupSessionHeld(EventData):
    """A group met; `attendance` is everybody who came, `clients` those of them with a case."""

    team: UUID
    held_on: date
    theme: Code
    attendance: NonNegativeInt
    clients: NonNegativeInt


class GapEvent(EventData):
    """A hole or bottleneck of the service system, seen from a client's path; whose, nobody tells.

    `team` is the one that saw it, `county` the municipality's.
    """

    type: Code
    service: Code
    municipality: str
    county: str
    step: Code
    status: GapStatus
    team: UUID | None = None


@event("nopsa.gap.reported.v1", topic=GAP)
class GapReported(GapEvent):
    """A worker met a gap."""


@event("nopsa.gap.updated.v1", topic=GAP)
class GapUpdated(GapEvent):
    """Somebody took the gap up, or told it better: the codes are those that hold from now on."""


@event("nopsa.gap.resolved.v1", topic=GAP)
class GapResolved(GapEvent):
    """The gap is there no more, or nothing more will be done; `resolution` says which."""

    resolution: Code | None = None
