"""May this be told? One total function from what holds to a decision and its basis; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.codes import ConsentDirection, Profession


class RequesterSector(StrEnum):
    """On whose behalf somebody asks."""

    SOCIAL = "social"
    HEALTH = "health"
    PARTNER = "partner"


class Purpose(StrEnum):
    """What the data are wanted for; it is logged with the decision."""

    CARE = "care"
    COORDINATION = "coordination"
    ADMINISTRATION = "administration"


class Verdict(StrEnum):
    """The decision itself."""

    PERMIT = "permit"
    DENY = "deny"


class Basis(StrEnum):
    """Why it was decided so, the strongest first."""

    CONSENT = "consent"
    CONSENT_REVOKED = "consent_revoked"
    CONSENT_EXPIRED = "consent_expired"
    OUT_OF_SCOPE = "out_of_scope"
    NO_CONSENT = "no_consent"


class Obligation(StrEnum):
    """What a permit binds its user to."""

    LOG_DISCLOSURE = "log_disclosure"


RECEIVER = {
    ConsentDirection.SOCIAL_TO_HEALTH: RequesterSector.HEALTH,
    ConsentDirection.HEALTH_TO_SOCIAL: RequesterSector.SOCIAL,
    ConsentDirection.TO_PARTNER: RequesterSector.PARTNER,
}
"""Who may receive in each direction."""

_STRENGTH = {basis: place for place, basis in enumerate(Basis)}
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Requester:
    """Who asks."""

    organisation: str
    sector: RequesterSector
    profession: Profession | None = None


@dataclass(frozen=True)
class Question:
    """What is asked: may `requester` be told data of this class now."""

    requester: Requester
    purpose: Purpose
    data_class: str
    direction: ConsentDirection
    moment: datetime


@dataclass(frozen=True)
class Target:
    """An organisation and the classes of data it may be told."""

    organisation: str
    data_classes: frozenset[str]


@dataclass(frozen=True)
class HeldConsent:
    """A consent of the client; without targets it is general. One that permits to tell a partner
    targets that partner, with the facts as its classes of data."""

    id: UUID
    direction: ConsentDirection
    targets: tuple[Target, ...] | None
    valid_from: datetime
    valid_to: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """The answer; only a permit names a consent and holds until a moment (None: until revoked)."""

    verdict: Verdict
    basis: Basis
    consent_id: UUID | None = None
    obligations: tuple[Obligation, ...] = ()
    valid_until: datetime | None = None


def decide(question: Question, consents: Sequence[HeldConsent]) -> Decision:
    """Permits by a consent in force that covers the question, the longest one if there are
    several. A denial says what came nearest."""
    bases = [_basis(question, consent) for consent in consents]
    strongest = min(bases, key=_STRENGTH.__getitem__, default=Basis.NO_CONSENT)
    if strongest != Basis.CONSENT:
        return Decision(Verdict.DENY, strongest)
    permitting = [
        consent for consent, basis in zip(consents, bases, strict=True) if basis == Basis.CONSENT
    ]
    longest = max(permitting, key=lambda consent: consent.valid_to or _NEVER)
    return Decision(
        Verdict.PERMIT,
        Basis.CONSENT,
        longest.id,
        (Obligation.LOG_DISCLOSURE,),
        longest.valid_to,
    )


def _basis(question: Question, consent: HeldConsent) -> Basis:
    """What one consent alone says to the question."""
    moment = question.moment
    if consent.direction != question.direction or moment < consent.valid_from:
        return Basis.NO_CONSENT
    revoked = consent.revoked_at is not None and consent.revoked_at <= moment
    expired = consent.valid_to is not None and consent.valid_to <= moment
    if not _covers(question, consent):
        return Basis.NO_CONSENT if revoked or expired else Basis.OUT_OF_SCOPE
    if revoked:
        return Basis.CONSENT_REVOKED
    return Basis.CONSENT_EXPIRED if expired else Basis.CONSENT


def _covers(question: Question, consent: HeldConsent) -> bool:
    if question.requester.sector != RECEIVER[question.direction]:
        return False
    if consent.targets is None:
        return True
    return any(
        target.organisation == question.requester.organisation
        and question.data_class in target.data_classes
        for target in consent.targets
    )
