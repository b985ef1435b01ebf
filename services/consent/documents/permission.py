"""May a record be told a document now? The one place that asks the decisions of this service."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.decisions.asking import RECEIVER, Purpose
from services.consent.decisions.queries import holdings_of
from services.consent.decisions.rules import (
    Basis,
    Decision,
    HeldConsent,
    Holdings,
    Question,
    Requester,
    Verdict,
    decide,
)
from services.consent.documents.rules import DIRECTION_TO
from services.consent.tables import Document
from shared.contracts.codes import ConsentDirection, DocumentKind, Sector

OWN_RECORD = "own_record"


@dataclass(frozen=True)
class Permission:
    """The answer, why, and until when it holds (None: until somebody changes it)."""

    granted: bool
    basis: str
    until: datetime | None = None


async def permission(
    session: AsyncSession, document: Document, record: Sector, moment: datetime
) -> Permission:
    """Whether this record may be told the document at this moment.

    The record it was written in always may. The other one may as the client permits; targeted
    consents name it `social` or `health`. A permission form is told wherever anything may flow
    between the two, in either direction: it belongs into both records. What the client denies of it
    is denied all the same.
    """
    if record == document.written_in:
        return Permission(True, OWN_RECORD)
    held = await holdings_of(session, document.client_ref)
    moment = max(moment, *_said_at(held))
    for question in _questions(document.kind, record, moment, held.consents):
        decision = decide(question, held)
        if decision.verdict == Verdict.PERMIT or decision.basis == Basis.DENIED:
            break
    return _permission(decision)


def _said_at(held: Holdings) -> Iterator[datetime]:
    """When the client took back or denied anything: what is written down has been said, also where
    the clock of this process is behind."""
    yield datetime.min.replace(tzinfo=UTC)
    yield from (one.revoked_at for one in held.consents if one.revoked_at is not None)
    yield from (one.denied_at for one in held.denials)


def _questions(
    kind: str, record: Sector, moment: datetime, held: Sequence[HeldConsent]
) -> Iterator[Question]:
    """What to ask until something is permitted or denied; always at least one."""
    yield _question(str(record), kind, DIRECTION_TO[record], moment)
    if kind != DocumentKind.CONSENT_FORM:
        return
    for direction in DIRECTION_TO.values():
        yield _question(RECEIVER[direction], kind, direction, moment)
        for consent in held:
            for target in consent.targets or ():
                for data_class in sorted(target.data_classes):
                    yield _question(target.organisation, data_class, direction, moment)


def _question(
    organisation: str, data_class: str, direction: ConsentDirection, moment: datetime
) -> Question:
    return Question(
        requester=Requester(organisation, RECEIVER[direction]),
        purpose=Purpose.CARE,
        data_class=data_class,
        direction=direction,
        moment=moment,
    )


def _permission(decision: Decision) -> Permission:
    return Permission(decision.verdict == Verdict.PERMIT, str(decision.basis), decision.valid_until)


def record_of(org: str | None) -> Sector | None:
    """Which record system a token speaks for, if any."""
    return Sector(org) if org in set(Sector) else None
