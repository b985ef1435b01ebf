"""Events of the referral service: referrals and the pseudonymous persons behind them."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, PositiveInt

from shared.contracts.base import EventData, event
from shared.contracts.codes import (
    AgeGroup,
    AmendedField,
    CancellationReason,
    ErrorReason,
    EvictionStage,
    HousingStatus,
    LawfulBasis,
    PartnerKind,
    Reason,
    RedirectReason,
    Urgency,
)
from shared.contracts.topics import CLIENT, REFERRAL


@event("nopsa.referral.received.v1", topic=REFERRAL)
class ReferralReceived(EventData):
    """A partner's referral was taken. `pending_since` starts the statutory clock (vireilletulo).

    With a `redirect_reason` it is for the county's guidance unit, as the partner's agreement says.
    """

    client_ref: UUID
    partner_id: UUID
    source_kind: PartnerKind
    urgency: Urgency
    lawful_basis: LawfulBasis
    reasons: tuple[Reason, ...]
    municipality: str
    age_group: AgeGroup
    language: str
    housing_status: HousingStatus | None = None
    eviction_stage: EvictionStage | None = None
    leaves_institution_on: date | None = None
    wished_team: UUID | None = None
    redirect_reason: RedirectReason | None = None
    received_at: AwareDatetime
    pending_since: AwareDatetime


@event("nopsa.referral.redirected-by-agreement.v1", topic=REFERRAL)
class ReferralRedirectedByAgreement(EventData):
    """A referral was taken beyond its partner's weekly quota, or outside the agreement."""

    client_ref: UUID
    partner_id: UUID
    reason: RedirectReason
    agreement_version: PositiveInt | None = None


class SentReferral(EventData):
    """Whose referral it is and who sent it."""

    client_ref: UUID
    partner_id: UUID
    source_kind: PartnerKind


@event("nopsa.referral.amended.v1", topic=REFERRAL)
class ReferralAmended(SentReferral):
    """The sender changed the referral: which fields, and all its codes as they are now."""

    changed: tuple[AmendedField, ...]
    urgency: Urgency
    reasons: tuple[Reason, ...]
    municipality: str
    age_group: AgeGroup
    language: str
    housing_status: HousingStatus | None = None
    eviction_stage: EvictionStage | None = None
    leaves_institution_on: date | None = None
    wished_team: UUID | None = None


@event("nopsa.referral.cancelled.v1", topic=REFERRAL)
class ReferralCancelled(SentReferral):
    """The sender took the referral back; the client may still be somebody else's concern."""

    reason: CancellationReason


@event("nopsa.referral.entered-in-error.v1", topic=REFERRAL)
class ReferralEnteredInError(SentReferral):
    """The referral should never have been sent; it does not count as one."""

    reason: ErrorReason | None = None


@event("nopsa.client.registered.v1", topic=CLIENT)
class ClientRegistered(EventData):
    """A person became known to the house for the first time; `aggregate_id` is the client_ref."""

    municipality: str
    age_group: AgeGroup
    identified: bool


class PersonsJoined(EventData):
    """Two pseudonyms of one person. `client_ref`, which is also the `aggregate_id`, is the one
    that is kept: whatever begins from now on is told under it.

    `linked_version` orders what is told of `linked_ref`, under whichever `client_ref` that is."""

    client_ref: UUID
    linked_ref: UUID
    linked_version: PositiveInt | None = None


@event("nopsa.client.linked.v1", topic=CLIENT)
class ClientLinked(PersonsJoined):
    """The two are the same person, until this is undone."""


@event("nopsa.client.unlinked.v1", topic=CLIENT)
class ClientUnlinked(PersonsJoined):
    """The two were not the same person after all: each stands alone again. `referral_ids` are the
    referrals of `linked_ref`, also those that came meanwhile under `client_ref`."""

    referral_ids: tuple[UUID, ...] = ()


@event("nopsa.client.merged.v1", topic=CLIENT)
class ClientMerged(PersonsJoined):
    """The two are the same person for good."""
