"""Bodies of the refusal endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.consent.consents.rules import Form, Giver
from shared.when import Instant


class RefusalBody(BaseModel):
    """A refusal as a worker records it."""

    model_config = ConfigDict(extra="forbid")

    client_ref: UUID
    refused_at: Annotated[
        Instant | None, Field(description="when the client said no; now when left out")
    ] = None
    given_by: Giver
    form: Form
    recorded_by: Annotated[UUID, Field(description="the worker who recorded it")]


class RefusalView(BaseModel):
    """A refusal as stored."""

    id: UUID
    client_ref: UUID
    refused_at: datetime
    given_by: Giver
    form: Form
    recorded_by: UUID
    recorded_at: datetime
