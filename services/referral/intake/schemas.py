"""The referral as a partner posts it, and the receipt it gets."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.codes import (
    EvictionStage,
    HousingStatus,
    LawfulBasis,
    Reason,
    ReferralStatus,
    Urgency,
)
from shared.contracts.fields import Language, Municipality, Printable
from shared.redaction import MASK, mask
from shared.when import Day


def _not_identifying(value: str) -> str:
    if MASK in mask(value):
        raise PydanticCustomError(
            "identifying_value", "an id must not hold an identity code, phone number or e-mail"
        )
    return value


Name = Annotated[str, Field(min_length=1, max_length=100), Printable]
ShortText = Annotated[str, Field(min_length=1, max_length=500), Printable]
Narrative = Annotated[str, Field(min_length=1, max_length=4000), Printable]
ExternalId = Annotated[Name, AfterValidator(_not_identifying)]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ()-]{3,24}$", examples=["+358401234567"])]
Email = Annotated[
    str, Field(max_length=254, pattern=r"^[^@\s\x00]{1,64}@[^@\s\x00]+\.[^@\s\x00]+$")
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClientBody(_Body):
    """The person, as far as the sender knows. Some people have no identity code."""

    identity_code: Annotated[str, Field(max_length=20)] | None = None
    given_name: Name | None = None
    family_name: Name | None = None
    birth_date: Day | None = None
    phone: Phone | None = None
    email: Email | None = None
    language: Language
    municipality: Municipality
    whereabouts: ShortText | None = None
    non_disclosure_order: bool

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        name = self.given_name or self.family_name
        if not (self.identity_code or self.phone or name or self.whereabouts):
            raise PydanticCustomError(
                "client_unfindable",
                "give at least one of identity_code, phone, a name, or whereabouts",
            )
        return self


class HousingBody(_Body):
    """The housing situation."""

    status: HousingStatus
    since: Day | None = None
    arrears_eur: Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=2)] | None = None
    eviction_stage: EvictionStage | None = None
    eviction_on: Day | None = None


class ContactPersonBody(_Body):
    """Whom the team calls back at the sender's."""

    name: Name
    phone: Phone | None = None
    email: Email | None = None


class ReferralBody(_Body):
    """A referral: a request that a team contact a person."""

    external_id: ExternalId | None = None
    urgency: Urgency
    lawful_basis: LawfulBasis
    no_consent_reason: ShortText | None = None
    client: ClientBody
    housing: HousingBody | None = None
    reasons: Annotated[list[Reason], Field(min_length=1, max_length=13)]
    narrative: Narrative | None = None
    leaves_institution_on: Day | None = None
    contact_person: ContactPersonBody
    team: UUID | None = None

    @model_validator(mode="after")
    def _duty_has_a_reason(self) -> Self:
        if self.lawful_basis == LawfulBasis.DUTY_TO_NOTIFY and self.no_consent_reason is None:
            raise PydanticCustomError(
                "no_consent_reason_missing",
                "lawful_basis duty_to_notify needs no_consent_reason (SHL 35 §)",
            )
        return self


class Receipt(BaseModel):
    """What the sender gets; the same to the letter whether or not the person is known."""

    id: UUID
    reference: Annotated[str, Field(examples=["R7K-4MX-9W"])]
    status: ReferralStatus
    received_at: datetime
    external_id: str | None
    next_step: Annotated[str, Field(description="plain words in the caller's Accept-Language")]
