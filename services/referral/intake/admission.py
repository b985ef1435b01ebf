"""A referral that is taken, on its way into the database and into its events."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from opentelemetry.trace import Span

from services.referral.agreements.commands import Standing
from services.referral.clients.commands import Found, Person


@dataclass
class NewReferral:
    """The columns of a referral that are there from the start. No row of the ORM: to make one takes
    as long as all its statements."""

    id: UUID
    reference: str
    partner_id: UUID
    source_kind: str
    external_id: str | None
    content_fingerprint: bytes
    client_ref: UUID
    urgency: str
    lawful_basis: str
    reasons: list[str]
    municipality: str
    housing: dict[str, Any] | None
    leaves_institution_on: date | None
    wished_team: UUID | None
    redirect_reason: str | None
    content_sealed: bytes
    status: str
    received_at: datetime
    pending_since: datetime
    version: int
    case_version: int = 0


COLUMNS = tuple(column.name for column in fields(NewReferral))


@dataclass(frozen=True)
class Admission:
    """A referral that was taken, whom it is about, how it stands under the agreement, and the
    span that it belongs to."""

    referral: NewReferral
    person: Person
    found: Found
    standing: Standing
    span: Span
