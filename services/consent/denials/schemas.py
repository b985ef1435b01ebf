"""Bodies of the denial endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.consent.consents.rules import Form, Giver
from services.consent.consents.schemas import MAX_TARGETS
from services.consent.denials.rules import Status
from services.consent.fields import DataClass, Organisation
from shared.contracts.codes import ConsentDirection


class DenialBody(BaseModel):
    """A denial as a worker records it. What is left out is not narrowed; of `organisations` and
    `data_classes` together only what is in both is forbidden."""

    model_config = ConfigDict(extra="forbid")

    client_ref: UUID
    direction: Annotated[
        ConsentDirection | None, Field(description="every direction when left out")
    ] = None
    partner: Annotated[
        UUID | None, Field(description="for `to_partner` alone; every partner when left out")
    ] = None
    organisations: Annotated[
        list[Organisation] | None, Field(min_length=1, max_length=MAX_TARGETS)
    ] = None
    data_classes: Annotated[
        list[DataClass] | None,
        Field(min_length=1, max_length=MAX_TARGETS, description="of a partner, the facts"),
    ] = None
    given_by: Giver
    form: Form
    recorded_by: Annotated[UUID, Field(description="the worker who recorded it")]


class DenialView(BaseModel):
    """A denial as stored; it is in force from `recorded_at` until `lifted_at`."""

    id: UUID
    client_ref: UUID
    direction: ConsentDirection | None
    partner: UUID | None
    organisations: list[str] | None
    data_classes: list[str] | None
    given_by: Giver
    form: Form
    recorded_by: UUID
    recorded_at: datetime
    status: Status
    lifted_at: datetime | None
