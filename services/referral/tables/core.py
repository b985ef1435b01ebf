"""Partners, the persons behind the referrals, the referrals, and what clients permit to tell."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.tables.base import Base
from shared.tables import Moment


class Partner(Base, table=True):
    """An organisation that may refer. `client_ids`: its OAuth clients; none named means any whose
    token names the partner."""

    __tablename__ = "partners"

    id: UUID = Field(primary_key=True)
    name: str
    kind: str
    business_id: str | None = None
    oid: str | None = None
    municipalities: list[str] = Field(sa_type=JSONB)
    client_ids: list[str] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    suspended: bool = False
    version: int = 1


class Client(Base, table=True):
    """A person, under a pseudonym. `identity_sealed` holds name, code, phone and the like."""

    __tablename__ = "clients"

    client_ref: UUID = Field(primary_key=True)
    identity_index: bytes | None = Field(default=None, unique=True)
    identity_sealed: bytes
    municipality: str
    language: str
    age_group: str
    non_disclosure_order: bool = False
    version: int = 1
    registered_at: datetime = Field(sa_type=Moment)
    erased_at: datetime | None = Field(default=None, sa_type=Moment)


class Referral(Base, table=True):
    """One referral. `content_sealed` holds all that was sent about the person in words. What
    goes beyond the basis is erased some days after `refused_on`, the client's last answer."""

    __tablename__ = "referrals"
    __table_args__ = (
        Index(
            "referrals_external_id",
            "partner_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("referrals_of_partner", "partner_id", "id"),
        Index("referrals_received", "partner_id", "received_at"),
        Index(
            "referrals_refused",
            "refused_on",
            postgresql_where=text("refused_on IS NOT NULL AND beyond_basis_erased_at IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    reference: str = Field(unique=True)
    partner_id: UUID = Field(foreign_key="partners.id")
    source_kind: str
    external_id: str | None = None
    content_fingerprint: bytes
    client_ref: UUID = Field(foreign_key="clients.client_ref", index=True)
    urgency: str
    lawful_basis: str
    reasons: list[str] = Field(sa_type=JSONB)
    municipality: str
    housing: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    leaves_institution_on: date | None = None
    wished_team: UUID | None = None
    redirect_reason: str | None = None
    content_sealed: bytes
    status: str
    business_status: str | None = None
    team: UUID | None = None
    contact_due_at: datetime | None = Field(default=None, sa_type=Moment)
    contacted_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    pending_since: datetime = Field(sa_type=Moment)
    case_id: UUID | None = None
    case_version: int = 0
    consent_answered_at: datetime | None = Field(default=None, sa_type=Moment)
    refused_on: date | None = None
    beyond_basis_erased_at: datetime | None = Field(default=None, sa_type=Moment)
    erased_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1


class PartnerConsent(Base, table=True):
    """What a client permits to tell one partner, as the consent service says. `begun`: that the
    partner sees more from now on was noticed."""

    __tablename__ = "partner_consents"

    consent_id: UUID = Field(primary_key=True)
    client_ref: UUID
    partner_id: UUID
    facts: list[str] = Field(sa_type=JSONB)
    valid_from: datetime = Field(sa_type=Moment)
    valid_to: datetime | None = Field(default=None, sa_type=Moment)
    version: int
    begun: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    __table_args__ = (
        Index("partner_consents_of", "client_ref", "partner_id"),
        Index("partner_consents_to_begin", "valid_from", postgresql_where=text("NOT begun")),
    )
