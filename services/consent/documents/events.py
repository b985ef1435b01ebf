"""What happens to a document, as events, each with the next version."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.consent.tables import Document, DocumentText
from shared import outbox
from shared.contracts.codes import Sector
from shared.contracts.records import (
    DocumentEvent,
    DocumentReady,
    DocumentWithdrawn,
    HealthDocumentReady,
    HealthDocumentWithdrawn,
    SocialDocumentReady,
    SocialDocumentWithdrawn,
)

_READY: dict[Sector, type[DocumentReady]] = {
    Sector.SOCIAL: SocialDocumentReady,
    Sector.HEALTH: HealthDocumentReady,
}
_WITHDRAWN: dict[Sector, type[DocumentWithdrawn]] = {
    Sector.SOCIAL: SocialDocumentWithdrawn,
    Sector.HEALTH: HealthDocumentWithdrawn,
}


@dataclass
class DocumentEvents:
    """Collects the events of one change, in their order."""

    document: Document
    messages: list[outbox.Message] = field(default_factory=list)

    def add(
        self, event: type[DocumentEvent], *, at: datetime, number: int | None = None, **facts: Any
    ) -> None:
        """Adds an event about the text with this number, else about the last one."""
        document = self.document
        document.version += 1
        common = {
            "aggregate_id": document.id,
            "version": document.version,
            "occurred_at": at,
            "client_ref": document.client_ref,
            "kind": document.kind,
            "document_version": number or document.texts,
        }
        data = event.model_validate(common | facts)
        self.messages.append(outbox.message(data, key=document.client_ref))

    def add_ready(self, record: Sector, text: DocumentText, at: datetime) -> None:
        """Tells a record that there is a text to read."""
        self.add(
            _READY[record],
            at=at,
            number=text.number,
            written_in=self.document.written_in,
            media_type=text.media_type,
            sha256=text.sha256,
            detail_url=f"/v1/documents/{self.document.id}/content",
        )

    def add_withdrawn(self, record: Sector, at: datetime, *, number: int, stored: bool) -> None:
        """Tells a record that it may read the document no more."""
        self.add(_WITHDRAWN[record], at=at, number=number, stored=stored)
