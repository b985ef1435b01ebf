"""An agreement as an administrator makes it and reads it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.agreements.rules import Channel
from services.referral.intake.schemas import ContactPersonBody
from shared.contracts.fields import TargetGroup
from shared.when import Day


class Terms(BaseModel):
    """What was agreed on, without whom to call."""

    model_config = ConfigDict(extra="forbid")

    team: Annotated[UUID, Field(description="wished for, where a referral names no team")]
    target_groups: Annotated[
        list[TargetGroup], Field(max_length=40, description="whom they refer; empty: everybody")
    ] = []
    channels: Annotated[
        list[Channel], Field(max_length=len(Channel), description="how they refer")
    ] = []
    valid_from: Annotated[Day, Field(description="first day, Finnish time")]
    valid_to: Annotated[Day | None, Field(description="last day; null: until further notice")] = (
        None
    )
    max_referrals_per_week: Annotated[
        int | None,
        Field(
            ge=0,
            le=100_000,
            description="an ISO week; what comes beyond is taken for the guidance unit",
        ),
    ] = None


class AgreementBody(Terms):
    """A new version. It ends the version before it the day before it begins."""

    contact_person: Annotated[ContactPersonBody, Field(description="at the partner's")]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError(
                "valid_to_before_valid_from", "valid_to must not lie before valid_from"
            )
        return self


class AgreementView(Terms):
    """A version as stored. One whose `valid_to` lies before its `valid_from` never came into
    force: a later version took over before it began."""

    partner: UUID
    version: int
    made_at: datetime
    contact_person: ContactPersonBody
