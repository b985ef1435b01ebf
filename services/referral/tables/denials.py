"""What clients forbid to tell partners."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.tables.base import Base


class PartnerDenial(Base, table=True):
    """Facts that a client forbids to tell the named partners, or every partner (None), as the
    consent service says. A row is there as long as the denial is in force."""

    __tablename__ = "partner_denials"

    denial_id: UUID = Field(primary_key=True)
    client_ref: UUID = Field(index=True)
    partners: list[str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    facts: list[str] = Field(sa_type=JSONB)


class WordTakenBack(Base, table=True):
    """A consent that was revoked or a denial that was lifted, by its id: no event of earlier, come
    late or replayed, brings it back."""

    __tablename__ = "words_taken_back"

    id: UUID = Field(primary_key=True)
