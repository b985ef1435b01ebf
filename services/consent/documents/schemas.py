"""Bodies of the document endpoints."""

import base64
import binascii
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from services.consent.documents.rules import Outcome, State
from shared.contracts.codes import DocumentKind, Sector
from shared.contracts.fields import Printable
from shared.redaction import MASK, mask
from shared.when import Instant

MAX_CONTENT = 200_000
PDF_BEGINS = b"%PDF-"


class MediaType(StrEnum):
    """What a document's text may be."""

    TEXT = "text/plain"
    PDF = "application/pdf"


def _not_identifying(value: str) -> str:
    if MASK in mask(value):
        raise PydanticCustomError(
            "identifying_value", "must not hold an identity code, phone number or e-mail"
        )
    return value


RecordId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$",
        description="the record system's own id of the document, never a person's",
        examples=["SOS-2026-000017"],
    ),
    AfterValidator(_not_identifying),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextBody(_Body):
    """One text of a document."""

    media_type: MediaType = MediaType.TEXT
    content: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_CONTENT,
            description="the text itself; base64 of a PDF",
            examples=["We meet every second week; the housing application is sent by Friday."],
        ),
        Printable,
    ]

    @model_validator(mode="after")
    def _is_what_it_says(self) -> Self:
        if self.media_type == MediaType.PDF and not self.as_bytes().startswith(PDF_BEGINS):
            raise PydanticCustomError("not_a_pdf", "content is not the base64 of a PDF")
        return self

    def as_bytes(self) -> bytes:
        """The content as its readers get it; nothing where it is no base64."""
        if self.media_type == MediaType.TEXT:
            return self.content.encode()
        try:
            return base64.b64decode(self.content, validate=True)
        except binascii.Error:
            return b""


class DocumentBody(TextBody):
    """A new document."""

    client_ref: UUID
    kind: DocumentKind
    written_in: Annotated[
        Sector, Field(description="the record it was written in, which always gets it")
    ]


class ReceiptBody(_Body):
    """A record system confirms that it stored a text."""

    record: Annotated[Sector, Field(description="must be the token's own record")]
    record_id: RecordId
    stored_at: Instant
    version: Annotated[
        PositiveInt | None,
        Field(
            le=2**31 - 1,
            description="of the text, as its reading told; the text that this record read last "
            "when left out",
        ),
    ] = None


class ReceiptView(BaseModel):
    """A receipt as it was taken; the same receipt again gets the same answer."""

    document_id: UUID
    record: Sector
    version: Annotated[int, Field(description="of the text")]
    record_id: str
    stored_at: datetime
    received_at: datetime
    outcome: Annotated[
        Outcome, Field(description="`superseded`: a newer text is there, which is still due")
    ]


class StoredView(BaseModel):
    """What a record confirmed last."""

    record_id: str
    version: int
    stored_at: datetime


class ToldView(BaseModel):
    """What a record was told last: to read a text, or that it may read no more."""

    version: int
    at: datetime
    read: Annotated[bool, Field(description="it has read that text")]
    withdrawn_at: datetime | None


class Stored(BaseModel):
    """By record; null where it has confirmed nothing."""

    social: StoredView | None
    health: StoredView | None


class Told(BaseModel):
    """By record; null where it was told nothing."""

    social: ToldView | None
    health: ToldView | None


class DocumentView(BaseModel):
    """A document and how far it has come; never its content."""

    id: UUID
    client_ref: UUID
    kind: DocumentKind
    written_in: Sector
    version: Annotated[int, Field(description="how many texts it has had; the last one holds")]
    media_type: MediaType
    sha256: str
    state: State
    stored: Stored
    told: Told
    created_at: datetime
    changed_at: datetime
    due_at: Annotated[
        datetime | None, Field(description="when both must have confirmed; null when they have")
    ]
    overdue_at: Annotated[datetime | None, Field(description="when it was told to be overdue")]
