"""May this be told? One total function from what holds to a decision and its basis; pure.

A right that a law gives goes before all; then a denial; then a consent. `truth_table.csv` says the
same in rows that a lawyer can read, and the tests hold the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from services.consent.decisions.asking import RECEIVER, Purpose, RequesterSector
from services.consent.decisions.rights import RIGHTS, ClaimedRight, RightCode
from shared.contracts.codes import ConsentDirection, Profession


class Verdict(StrEnum):
    """The decision itself."""

    PERMIT = "permit"
    DENY = "deny"


class Basis(StrEnum):
    """Why it was decided so, the strongest first."""

    SAME_REGISTER = "same_register"
    DANGER_TO_LIFE = "danger_to_life"
    CHILD_PROTECTION = "child_protection"
    SUPPORT_NEED = "support_need"
    OLDER_PERSON = "older_person"
    DENIED = "denied"
    CONSENT = "consent"
    CONSENT_REVOKED = "consent_revoked"
    CONSENT_EXPIRED = "consent_expired"
    OUT_OF_SCOPE = "out_of_scope"
    NO_CONSENT = "no_consent"


class Obligation(StrEnum):
    """What a permit binds its user to."""

    LOG_DISCLOSURE = "log_disclosure"
    RECORD_GROUNDS = "record_grounds"
    """Write down the facts that the right rests on."""
    NECESSARY_ONLY = "necessary_only"
    """Tell no more than what the law's purpose needs."""


class Relationship(StrEnum):
    """Where whoever asks stands to the register that the data lie in."""

    OUTSIDE = "outside"
    INSIDE_REGISTER = "inside_register"
    """Produces the service for the organiser, in the organiser's register."""


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
    """What is asked: may `requester` be told data of this class now; and by which right of the law,
    if they rely on one."""

    requester: Requester
    purpose: Purpose
    data_class: str
    direction: ConsentDirection
    moment: datetime
    statutory_right: ClaimedRight | None = None


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
class HeldDenial:
    """What the client forbids; what is None is not narrowed. A partner is one of `organisations`
    too, by its id."""

    direction: ConsentDirection | None
    organisations: frozenset[str] | None
    data_classes: frozenset[str] | None
    denied_at: datetime
    lifted_at: datetime | None = None


@dataclass(frozen=True)
class Holdings:
    """All that a decision rests on beside the question and the law."""

    consents: Sequence[HeldConsent] = ()
    denials: Sequence[HeldDenial] = ()
    relationship: Relationship = Relationship.OUTSIDE


@dataclass(frozen=True)
class Decision:
    """The answer; only a consent's permit names a consent and holds until a moment (None: until
    revoked). `law` is the one that gives the right."""

    verdict: Verdict
    basis: Basis
    consent_id: UUID | None = None
    obligations: tuple[Obligation, ...] = ()
    valid_until: datetime | None = None
    law: str | None = None


def decide(question: Question, holdings: Holdings) -> Decision:
    """By a right of the law, else by a denial, else by a consent."""
    right = _right(question, holdings.relationship)
    if right is not None:
        return _by_right(right)
    if any(_forbids(question, denial) for denial in holdings.denials):
        return Decision(Verdict.DENY, Basis.DENIED)
    return _by_consents(question, holdings.consents)


def _right(question: Question, relationship: Relationship) -> RightCode | None:
    """The right that lets tell this, if any. One that does not fit the question is none."""
    claimed = question.statutory_right
    if relationship == Relationship.INSIDE_REGISTER and _fits(RightCode.SAME_REGISTER, question):
        return RightCode.SAME_REGISTER
    if claimed is not None and _fits(RightCode(claimed), question):
        return RightCode(claimed)
    return None


def _fits(code: RightCode, question: Question) -> bool:
    right = RIGHTS[code]
    is_receiver = question.requester.sector == RECEIVER[question.direction]
    return (
        question.direction in right.directions
        and question.requester.sector in right.receivers
        and question.purpose in right.purposes
        and (is_receiver or code == RightCode.SAME_REGISTER)
    )


def _by_right(code: RightCode) -> Decision:
    obligations = [Obligation.LOG_DISCLOSURE]
    if code != RightCode.SAME_REGISTER:
        obligations += [Obligation.RECORD_GROUNDS, Obligation.NECESSARY_ONLY]
    return Decision(
        Verdict.PERMIT, Basis(code), obligations=tuple(obligations), law=RIGHTS[code].law
    )


def _forbids(question: Question, denial: HeldDenial) -> bool:
    moment = question.moment
    lifted = denial.lifted_at is not None and denial.lifted_at <= moment
    if lifted or moment < denial.denied_at:
        return False
    organisations, data_classes = denial.organisations, denial.data_classes
    return (
        denial.direction in (None, question.direction)
        and (organisations is None or question.requester.organisation in organisations)
        and (data_classes is None or question.data_class in data_classes)
    )


def _by_consents(question: Question, consents: Sequence[HeldConsent]) -> Decision:
    """Permits by a consent in force that covers the question, the longest one if there are
    several. A refusal says what came nearest."""
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
