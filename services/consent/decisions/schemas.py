"""Bodies of the decision endpoint."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.consent.decisions.rules import (
    Basis,
    Obligation,
    Purpose,
    RequesterSector,
    Verdict,
)
from services.consent.fields import DataClass, Organisation
from shared.contracts.codes import ConsentDirection, Profession


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RequesterBody(_Body):
    """Who wants to be told."""

    organisation: Organisation
    sector: RequesterSector
    profession: Profession | None = None


class DecisionBody(_Body):
    """May the requester be told data of this class, about this client, now?"""

    client_ref: UUID
    requester: RequesterBody
    purpose: Purpose
    data_class: DataClass
    direction: ConsentDirection


class DecisionView(BaseModel):
    """The decision; it holds for the moment it was made, and a permit at most until
    `valid_until` (null: until revoked)."""

    decision: Verdict
    basis: Basis
    consent_id: UUID | None
    obligations: Annotated[list[Obligation], Field(description="what a permit binds you to")]
    valid_until: datetime | None
