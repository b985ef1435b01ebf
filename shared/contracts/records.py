"""Events of documents on their way to the social and the health record. Each record system has a
topic of its own, which tells it that there is something to read and never what; how far both have
come is told to everybody.

`version` orders what happened to a document, `document_version` counts its texts.
"""

from uuid import UUID

from pydantic import AwareDatetime, PositiveInt

from shared.contracts.base import EventData, event
from shared.contracts.codes import DocumentKind, Sector
from shared.contracts.topics import RECORD_HEALTH, RECORD_SOCIAL, RECORD_STATUS


class DocumentEvent(EventData):
    """Whose document; the aggregate is the document."""

    client_ref: UUID
    kind: DocumentKind
    document_version: PositiveInt


class DocumentReady(DocumentEvent):
    """A text may be read at `detail_url` (of the consent service) by the record system that the
    topic is for. Whether it may is decided anew at the reading. `sha256` is that of the text."""

    written_in: Sector
    media_type: str
    sha256: str
    detail_url: str


class DocumentWithdrawn(DocumentEvent):
    """The record system may read the document no more. `stored`: it had confirmed that it holds
    some version of it."""

    stored: bool


@event("nopsa.record.social.document-ready.v1", topic=RECORD_SOCIAL)
class SocialDocumentReady(DocumentReady):
    """A document for the social record may be read."""


@event("nopsa.record.social.document-withdrawn.v1", topic=RECORD_SOCIAL)
class SocialDocumentWithdrawn(DocumentWithdrawn):
    """The social record may read a document no more."""


@event("nopsa.record.health.document-ready.v1", topic=RECORD_HEALTH)
class HealthDocumentReady(DocumentReady):
    """A document for the health record may be read."""


@event("nopsa.record.health.document-withdrawn.v1", topic=RECORD_HEALTH)
class HealthDocumentWithdrawn(DocumentWithdrawn):
    """The health record may read a document no more."""


@event("nopsa.record-status.stored.v1", topic=RECORD_STATUS)
class DocumentStored(DocumentEvent):
    """A record confirmed that it holds this text."""

    record: Sector


@event("nopsa.record-status.stored-in-both.v1", topic=RECORD_STATUS)
class DocumentStoredInBoth(DocumentEvent):
    """Both records confirmed: the document is done."""


@event("nopsa.record-status.overdue.v1", topic=RECORD_STATUS)
class DocumentOverdue(DocumentEvent):
    """The records named here did not confirm this text in time; told once a text."""

    missing: tuple[Sector, ...]
    due_at: AwareDatetime


@event("nopsa.record-status.conflict.v1", topic=RECORD_STATUS)
class DocumentConflict(DocumentEvent):
    """A record confirmed the same text under two ids of its own: somebody must look."""

    record: Sector
