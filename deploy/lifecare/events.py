"""The two events, with the fields that this adapter needs; what else they have is let by."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

Counter = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Notice(BaseModel):
    """Of which document; `version` orders what happens to it."""

    aggregate_id: UUID
    version: Counter

    @property
    def document_id(self) -> str:
        """The document's id as text."""
        return str(self.aggregate_id)


class Ready(Notice):
    """A text may be read. The path must be one of nopsa's documents: our token goes nowhere else,
    whatever a message says."""

    client_ref: UUID
    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,60}$")]
    document_version: Counter
    detail_url: Annotated[str, Field(pattern=r"^/v1/documents/[0-9a-f-]{36}/content$")]


class Withdrawn(Notice):
    """The document may be read no more."""


EVENTS: dict[str, type[Ready | Withdrawn]] = {
    "document-ready.v1": Ready,
    "document-withdrawn.v1": Withdrawn,
}
