"""Events of the consent service: what the client permits, per direction."""

from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import EventData, event
from shared.contracts.codes import ConsentDirection, PartnerFact
from shared.contracts.topics import CONSENT


class ConsentEvent(EventData):
    """Whose consent, and in which direction."""

    client_ref: UUID
    direction: ConsentDirection
    partner_id: UUID | None = None


@event("nopsa.consent.given.v1", topic=CONSENT)
class ConsentGiven(ConsentEvent):
    """The client permits; `facts` only for `to_partner`."""

    facts: tuple[PartnerFact, ...] = ()
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None


@event("nopsa.consent.revoked.v1", topic=CONSENT)
class ConsentRevoked(ConsentEvent):
    """The client took the consent back."""
