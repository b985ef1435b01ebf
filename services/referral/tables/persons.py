"""What finds the same person again: look-up hashes, pairs to review, and who is whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.tables.base import Base
from shared.tables import Moment


class ClientKey(Base, table=True):
    """A keyed hash of a fact that was told of a person: of a phone number, or of a part of the
    name together with the date of birth."""

    __tablename__ = "client_keys"
    __table_args__ = (Index("client_keys_newest", "hash", "client_ref"),)

    client_ref: UUID = Field(primary_key=True, foreign_key="clients.client_ref")
    purpose: str = Field(primary_key=True)
    hash: bytes = Field(primary_key=True)


class PossibleMatch(Base, table=True):
    """Two refs that may be one person, for somebody to look at; `client_a` is the smaller ref.

    `agree` names the facts that agree, never what they are.
    """

    __tablename__ = "possible_matches"
    __table_args__ = (
        UniqueConstraint("client_a", "client_b", name="possible_matches_pair"),
        Index("possible_matches_open", "id", postgresql_where=text("state = 'open'")),
    )

    id: UUID = Field(primary_key=True)
    client_a: UUID = Field(foreign_key="clients.client_ref")
    client_b: UUID = Field(foreign_key="clients.client_ref", index=True)
    score: float
    agree: list[str] = Field(sa_type=JSONB)
    state: str
    found_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)


class ClientLink(Base, table=True):
    """`linked_ref` is another pseudonym of `primary_ref`. A ref is linked to one at most; one that
    others are linked to may itself be linked on.

    Nothing else of either is changed, so that deleting the row undoes it; `settled` are the
    possible matches it answered. `code_only` when `linked_ref` was made to hold an identity code
    that was told later. A `final` link is a merge.
    """

    __tablename__ = "client_links"

    id: UUID = Field(primary_key=True)
    linked_ref: UUID = Field(foreign_key="clients.client_ref", unique=True)
    primary_ref: UUID = Field(foreign_key="clients.client_ref", index=True)
    final: bool
    code_only: bool
    settled: list[str] = Field(sa_type=JSONB)
    linked_at: datetime = Field(sa_type=Moment)
