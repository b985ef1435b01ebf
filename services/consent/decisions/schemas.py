"""Bodies of the decision endpoint."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.consent.decisions.asking import Purpose, RequesterSector
from services.consent.decisions.rights import ClaimedRight
from services.consent.decisions.rules import Basis, Obligation, Verdict
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
    statutory_right: Annotated[
        ClaimedRight | None,
        Field(
            description="the law's right that the requester relies on and answers for; one that "
            "does not fit the direction, the requester or the purpose counts for nothing"
        ),
    ] = None


class DecisionView(BaseModel):
    """The decision; it holds for the moment it was made, and a permit at most until
    `valid_until` (null: until revoked)."""

    decision: Verdict
    basis: Basis
    consent_id: UUID | None
    obligations: Annotated[list[Obligation], Field(description="what a permit binds you to")]
    valid_until: datetime | None
    law: Annotated[str | None, Field(description="the law that gives the right in `basis`")]
