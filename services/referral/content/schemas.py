"""What was told of a person in a referral, as the team that meets them reads it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.referral.clients.schemas import IdentityView
from services.referral.intake.schemas import ContactPersonBody, HousingBody
from shared.contracts.codes import LawfulBasis, PartnerKind, Reason, Urgency


class BeyondBasis(BaseModel):
    """The client refused consent: what was told beyond the basis is erased."""

    refused_on: date
    due_on: date
    erased_at: datetime | None


class ContentView(BaseModel):
    """The referral as its sender has sent it, with what it changed since."""

    id: UUID
    client_ref: UUID
    source_kind: PartnerKind
    lawful_basis: LawfulBasis
    no_consent_reason: str | None
    urgency: Urgency
    reasons: list[Reason]
    client: Annotated[IdentityView, Field(description="the person, as this sender knows them")]
    housing: HousingBody | None
    narrative: str | None
    leaves_institution_on: date | None
    contact_person: ContactPersonBody
    received_at: datetime
    beyond_basis: BeyondBasis | None
