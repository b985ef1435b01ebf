"""Bodies of the consent endpoints."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.consent.consents.rules import Form, Giver, Status
from services.consent.fields import DataClass, Organisation
from shared.contracts.codes import ConsentDirection, PartnerFact
from shared.when import Instant

GENERAL: Literal["general"] = "general"
MAX_TARGETS = 50


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Target(_Body):
    """One organisation, and what it may be told."""

    organisation: Organisation
    data_classes: Annotated[list[DataClass], Field(min_length=1, max_length=MAX_TARGETS)]


class TargetedScope(_Body):
    """Only these organisations and these classes of data."""

    targets: Annotated[list[Target], Field(min_length=1, max_length=MAX_TARGETS)]


Scope = Literal["general"] | TargetedScope


def _general_is_none(value: object) -> object:
    """Lets a fault inside the targets be told by its own place, which a union would obscure."""
    if value is None:
        raise PydanticCustomError("scope_missing", 'give "general" or the targets')
    return None if value == GENERAL else value


class ConsentBody(_Body):
    """A consent as a worker records it."""

    client_ref: UUID
    direction: ConsentDirection
    partner: Annotated[UUID | None, Field(description="for `to_partner` alone")] = None
    facts: Annotated[
        list[PartnerFact],
        Field(max_length=len(PartnerFact), description="what the partner may be told"),
    ] = []
    scope: Annotated[
        TargetedScope | None, BeforeValidator(_general_is_none, json_schema_input_type=Scope)
    ]
    valid_from: Annotated[
        Instant | None, Field(description="now when left out; at most 30 days back")
    ] = None
    valid_to: Annotated[Instant | None, Field(description="until revoked when left out")] = None
    given_by: Giver
    form: Form
    recorded_by: Annotated[UUID, Field(description="the worker who recorded it")]


class ConsentView(BaseModel):
    """A consent as stored."""

    id: UUID
    client_ref: UUID
    direction: ConsentDirection
    partner: UUID | None
    facts: list[PartnerFact]
    scope: Scope
    valid_from: datetime
    valid_to: datetime | None
    given_by: Giver
    form: Form
    recorded_by: UUID
    recorded_at: datetime
    status: Status
    revoked_at: datetime | None
