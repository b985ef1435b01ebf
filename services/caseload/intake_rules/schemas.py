"""Bodies of the intake endpoints."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.caseload.reasons import ReasonText
from shared.calendar import FINLAND
from shared.contracts.codes import IntakeState, PartnerKind
from shared.when import Instant


def _begin_of_day(value: object) -> object:
    """A day stands for its beginning in Finland; what is no day is for others to check."""
    if not isinstance(value, str) or len(value) > len("2026-01-31"):
        return value
    try:
        return datetime.combine(date.fromisoformat(value), time(), FINLAND).astimezone(UTC)
    except (ValueError, OverflowError):
        return value


Until = Annotated[Instant, BeforeValidator(_begin_of_day)]


class IntakeBody(BaseModel):
    """Whether referrals of a kind of partner are taken, why, until when, and who takes them."""

    model_config = ConfigDict(extra="forbid")

    state: IntakeState
    reason: Annotated[
        ReasonText,
        Field(
            description="a code or a few words; stays within the team",
            examples=["working_with_one_ward"],
        ),
    ]
    until: Annotated[
        Until | None, Field(description="when a pause ends by itself; a day ends it as it begins")
    ] = None
    redirect_to: Annotated[
        UUID | None, Field(description="the team that takes them; else the guidance unit")
    ] = None

    @model_validator(mode="after")
    def _only_a_pause_ends_or_redirects(self) -> Self:
        if self.state == IntakeState.OPEN and (self.until or self.redirect_to):
            raise PydanticCustomError(
                "only_when_paused", "until and redirect_to are for a pause alone"
            )
        return self


class IntakeView(BaseModel):
    """How it is at this moment. `changed_at` is null where nobody ever said anything: open."""

    team: UUID
    partner_kind: PartnerKind
    state: IntakeState
    reason: str | None
    until: datetime | None
    redirect_to: UUID | None
    changed_at: datetime | None
