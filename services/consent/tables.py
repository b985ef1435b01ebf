"""The consent service's own tables. They hold pseudonyms and codes; texts are encrypted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.aliases import Alias
from shared.tables import Moment


class Base(SQLModel, registry=registry()):
    """Keeps this service's tables apart from the other services' ones."""


class ClientAlias(Alias, Base, table=True):
    """Another pseudonym of a person; decisions look under both."""

    __tablename__ = "client_aliases"


class Consent(Base, table=True):
    """What a client permits in one direction; without `targets` it is general."""

    __tablename__ = "consents"
    __table_args__ = (
        Index("consents_of_client", "client_ref", "id"),
        Index(
            "consents_to_expire",
            "valid_to",
            postgresql_where=text("status = 'given' AND valid_to IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    client_ref: UUID
    direction: str
    partner_id: UUID | None = None
    facts: list[str] = Field(sa_type=JSONB)
    targets: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    valid_from: datetime = Field(sa_type=Moment)
    valid_to: datetime | None = Field(default=None, sa_type=Moment)
    given_by: str
    form: str
    recorded_by: UUID
    recorded_at: datetime = Field(sa_type=Moment)
    status: str
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1


class Denial(Base, table=True):
    """What a client forbids, from when it is recorded until it is lifted. What is left out is not
    narrowed: without `direction` every direction, without `data_classes` all data."""

    __tablename__ = "denials"
    __table_args__ = (Index("denials_of_client", "client_ref", "id"),)

    id: UUID = Field(primary_key=True)
    client_ref: UUID
    direction: str | None = None
    partner_id: UUID | None = None
    organisations: list[str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    data_classes: list[str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    given_by: str
    form: str
    recorded_by: UUID
    recorded_at: datetime = Field(sa_type=Moment)
    status: str
    lifted_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1


class Refusal(Base, table=True):
    """The client was asked for consent and said no. Never changed: who says yes later gives a
    consent."""

    __tablename__ = "refusals"
    __table_args__ = (Index("refusals_of_client", "client_ref", "id"),)

    id: UUID = Field(primary_key=True)
    client_ref: UUID
    refused_at: datetime = Field(sa_type=Moment)
    given_by: str
    form: str
    recorded_by: UUID
    recorded_at: datetime = Field(sa_type=Moment)


class Disclosure(Base, table=True):
    """A row of the disclosure log, chained to the one before; never changed. `id` sorts by the
    time of the act, `number` is the place in the chain."""

    __tablename__ = "disclosures"
    __table_args__ = (Index("disclosures_of_client", "client_ref", "id"),)

    number: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    id: UUID = Field(unique=True)
    noted_at: datetime = Field(sa_type=Moment)
    occurred_at: datetime = Field(sa_type=Moment)
    client_ref: UUID
    service: str
    audit_id: int = Field(sa_type=BigInteger)
    actor: str
    org: str | None = None
    worker: str | None = None
    action: str
    subject_type: str
    subject_id: UUID | None = None
    data_class: str
    purpose: str | None = None
    basis: str | None = None
    trace_id: str | None = None
    hash: bytes


class DisclosureHead(Base, table=True):
    """How far the disclosure log reaches: one row, and whoever appends holds its lock."""

    __tablename__ = "disclosure_head"

    id: int = Field(
        default=1,
        primary_key=True,
        sa_type=SmallInteger,
        sa_column_kwargs={"autoincrement": False},
    )
    rows: int = Field(sa_type=BigInteger)
    hash: bytes


class DisclosureSeal(Base, table=True):
    """How far the disclosure log reached at a moment, as it was told to the outside; never
    changed."""

    __tablename__ = "disclosure_seals"

    rows: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    hash: bytes
    sealed_at: datetime = Field(sa_type=Moment)


class Document(Base, table=True):
    """A document that belongs into both records where the client permits it. `written_in` is the
    record that it was written in; `texts` counts its texts, of which the last one holds. `due_at`
    is there while a record has still to confirm that one."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("documents_of_client", "client_ref", "id"),
        Index("documents_by_state", "state", "id"),
        Index("documents_due", "due_at", "id", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    client_ref: UUID
    kind: str
    written_in: str
    state: str
    texts: int = 1
    created_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)
    due_at: datetime | None = Field(default=None, sa_type=Moment)
    overdue_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1


class DocumentText(Base, table=True):
    """One text of a document, encrypted; never changed."""

    __tablename__ = "document_texts"

    document_id: UUID = Field(primary_key=True, foreign_key="documents.id")
    number: int = Field(primary_key=True)
    media_type: str
    content: bytes
    sha256: str
    written_at: datetime = Field(sa_type=Moment)
    written_by: UUID | None = None


class DocumentCopy(Base, table=True):
    """What a record system was told of a document, and what it did. A row is there once it was told
    of any text; `announced` is the last one, `permitted_until` when the consent for it ends."""

    __tablename__ = "document_copies"
    __table_args__ = (
        Index(
            "document_copies_permitted",
            "permitted_until",
            postgresql_where=text("withdrawn_at IS NULL AND permitted_until IS NOT NULL"),
        ),
    )

    document_id: UUID = Field(primary_key=True, foreign_key="documents.id")
    record: str = Field(primary_key=True)
    announced: int
    announced_at: datetime = Field(sa_type=Moment)
    permitted_until: datetime | None = Field(default=None, sa_type=Moment)
    read: int | None = None
    stored: int | None = None
    record_id: str | None = None
    stored_at: datetime | None = Field(default=None, sa_type=Moment)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)


class DocumentReceipt(Base, table=True):
    """A record system's word that it stored a text, as it was first given."""

    __tablename__ = "document_receipts"

    document_id: UUID = Field(primary_key=True, foreign_key="documents.id")
    record: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    record_id: str = Field(primary_key=True)
    stored_at: datetime = Field(sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    outcome: str
