"""Events of the referral service: referrals and the pseudonymous persons behind them."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import EventData, event
from shared.contracts.codes import (
    AgeGroup,
    EvictionStage,
    HousingStatus,
    LawfulBasis,
    PartnerKind,
    Reason,
    Urgency,
)
from shared.contracts.topics import CLIENT, REFERRAL


@event("nopsa.referral.received.v1", topic=REFERRAL)
class ReferralReceived(EventData):
    """A partner's referral was taken. `pending_since` starts the statutory clock (vireilletulo)."""

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
    received_at: AwareDatetime
    pending_since: AwareDatetime


@event("nopsa.client.registered.v1", topic=CLIENT)
class ClientRegistered(EventData):
    """A person became known to the house for the first time; `aggregate_id` is the client_ref."""

    municipality: str
    age_group: AgeGroup
    identified: bool
