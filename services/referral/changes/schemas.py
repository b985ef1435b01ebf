"""Bodies of the changes that a sender makes to its referral.

An amendment names what changes: a field that is left out stays, and null takes away what a
referral may lack (RFC 7396). A block is replaced whole, but for `client`, whose fields count one by
one.
"""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.intake.schemas import (
    ContactPersonBody,
    Email,
    HousingBody,
    Name,
    Narrative,
    Phone,
    ShortText,
)
from shared.contracts.codes import CancellationReason, ErrorReason, Reason, Urgency
from shared.contracts.fields import Language, Municipality
from shared.when import Day


def _left_out() -> Any:
    """Stands for a field that may be left out and must not be null."""
    return None


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _SomeOf(_Body):
    """At least one field is named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing_named", "name at least one field that changes")
        return self


class ClientChange(_SomeOf):
    """What was wrong or missing of the person. The identity code may be added, not changed:
    another code is another person, whose referral is another one."""

    identity_code: Annotated[str, Field(max_length=20)] | None = None
    given_name: Name | None = None
    family_name: Name | None = None
    birth_date: Day | None = None
    phone: Phone | None = None
    email: Email | None = None
    language: Language = Field(default_factory=_left_out)
    municipality: Municipality = Field(default_factory=_left_out)
    whereabouts: ShortText | None = None
    non_disclosure_order: bool = Field(default_factory=_left_out)


class AmendmentBody(_SomeOf):
    """What changes of a referral; at least one field."""

    urgency: Urgency = Field(default_factory=_left_out)
    client: ClientChange = Field(default_factory=_left_out)
    housing: HousingBody | None = None
    reasons: Annotated[list[Reason], Field(min_length=1, max_length=13)] = Field(
        default_factory=_left_out
    )
    narrative: Narrative | None = None
    leaves_institution_on: Day | None = None
    contact_person: ContactPersonBody = Field(default_factory=_left_out)
    team: UUID | None = None

    def named(self) -> dict[str, Any]:
        """The fields that were named, JSON-ready."""
        return self.model_dump(mode="json", exclude_unset=True)


class CancelBody(_Body):
    """Why the sender takes its referral back. The text reaches the team, encrypted at rest."""

    reason: CancellationReason
    text: ShortText | None = None


class ErrorBody(_Body):
    """Why the referral should never have been sent, if the sender says."""

    reason: ErrorReason | None = None
