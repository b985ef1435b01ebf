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


@event("nopsa.consent.expired.v1", topic=CONSENT)
class ConsentExpired(ConsentEvent):
    """The period of the consent is over: `valid_to` has passed. Told once, soon after it."""

    valid_to: AwareDatetime


@event("nopsa.consent.denied.v1", topic=CONSENT)
class ConsentDenied(EventData):
    """The client forbids; it wins over every consent until it is lifted. Without a `direction` all
    of them are forbidden, without a `partner_id` every partner is meant. Where `organisations` or
    `data_classes` are named, these alone (and of both, only what is in both); who does not know the
    two fields forbids more, never less. The facts of `to_partner` are its data classes."""

    client_ref: UUID
    direction: ConsentDirection | None = None
    partner_id: UUID | None = None
    organisations: tuple[str, ...] = ()
    data_classes: tuple[str, ...] = ()


@event("nopsa.consent.denial-lifted.v1", topic=CONSENT)
class DenialLifted(EventData):
    """The client forbids this no longer. Consents that are in force count again."""

    client_ref: UUID
    direction: ConsentDirection | None = None
    partner_id: UUID | None = None


@event("nopsa.consent.refused.v1", topic=CONSENT)
class ConsentRefused(EventData):
    """The client was asked for consent and said no. What was collected beyond the basis of a
    referral is to be erased, unless the client consents before that; nothing is forbidden by it."""

    client_ref: UUID
    refused_at: AwareDatetime
