"""The consent service's own tables. They hold pseudonyms and codes, nothing that identifies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.tables import Moment


class Base(SQLModel, registry=registry()):
    """Keeps this service's tables apart from the other services' ones."""


class Consent(Base, table=True):
    """What a client permits in one direction; without `targets` it is general."""

    __tablename__ = "consents"
    __table_args__ = (Index("consents_of_client", "client_ref", "id"),)

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
