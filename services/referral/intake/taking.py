"""Referrals into the open transaction, one or several that were sent together: the persons, the
referrals and the audit rows; the events are the caller's to append. No referral is refused for
lack of room: that is the caseload service's to solve.

Several are taken by as many statements as one. Locks are taken in one order by all callers: ids of
senders, persons, the quota; the locks of the outbox come last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from opentelemetry.trace import Span, get_current_span
from sqlalchemy import any_, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.agreements.commands import Standing, Subject, weigh_referrals
from services.referral.clients.commands import Person, find_or_register
from services.referral.clients.rules import age_group
from services.referral.intake.admission import COLUMNS, Admission, NewReferral
from services.referral.intake.schemas import ReferralBody
from services.referral.intake.telling import tell
from services.referral.tables import Partner, Referral
from shared import audit, outbox
from shared.auth import Caller
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.contracts.codes import ReferralStatus
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import fingerprints_of
from shared.identity_code import birth_date_of
from shared.ids import new_id, new_reference
from shared.jsontext import canonical
from shared.problems import EXTERNAL_ID_CONFLICT, Problem
from shared.rows import Insertion
from shared.statements import Prepared, Reading

_LOCK_EXTERNAL_IDS = Prepared(
    text(
        """
        SELECT count(pg_advisory_xact_lock(hash))
        FROM (
            SELECT DISTINCT hashtextextended(name, 0) AS hash
            FROM unnest(:names) AS name ORDER BY hash
        ) AS ordered
        """
    ).bindparams(bindparam("names", type_=ARRAY(VARCHAR)))
)

_EARLIER = Reading(
    Referral,
    select(Referral).where(
        col(Referral.partner_id) == bindparam("partner_id"),
        col(Referral.external_id) == any_(bindparam("ids", type_=ARRAY(VARCHAR))),
    ),
)

_INSERT = Insertion(
    Referral,
    COLUMNS,
    lambda statement: statement.on_conflict_do_nothing(
        index_elements=[col(Referral.reference)]
    ).returning(col(Referral.id)),
)


@dataclass(frozen=True)
class Sent:
    """A referral as it was sent, also as canonical JSON; the keyed hash by which a repeat of it is
    known (`older`: under the older keys of the ring), and the span that its taking belongs to."""

    body: ReferralBody
    text: str
    fingerprint: bytes
    older: tuple[bytes, ...] = ()
    span: Span = field(default_factory=get_current_span)

    @property
    def names(self) -> set[tuple[str, str]]:
        """Referrals that share one of these are not taken together, but one after the other."""
        names = {"id": self.body.external_id, "code": self.body.client.identity_code}
        return {(kind, name) for kind, name in names.items() if name is not None}


@dataclass(frozen=True)
class Taken:
    """The referral that stands now; `new` unless the partner sent it before."""

    referral: NewReferral | Referral
    new: bool


@dataclass(frozen=True)
class Taking:
    """What became of each referral, in their order, and the events to append."""

    outcomes: list[Taken | Problem]
    messages: list[outbox.Message]


def sent(index: BlindIndex, body: ReferralBody) -> Sent:
    """A referral as it was sent just now."""
    text = canonical(body.model_dump(mode="json"))
    current, *older = fingerprints_of(index, "referral", text)
    return Sent(body, text, current, tuple(older))


async def take(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    caller: Caller,
    partner: Partner,
    referrals: Sequence[Sent],
) -> Taking:
    """Takes the referrals that the partner did not send before under the same external_id.

    No two of them may have the same external_id, or the same identity code: those go after each
    other. The problem of one, `external_id_conflict`, is its outcome.
    """
    earlier = await _earlier(session, partner.id, referrals)
    new = [one for one in referrals if one.body.external_id not in earlier]
    admissions = await _admit(session, cipher, index, partner, new, utc_now())
    taken = (Taken(admission.referral, new=True) for admission in admissions)
    outcomes = [
        _repeated(earlier[one.body.external_id], one)
        if one.body.external_id in earlier
        else next(taken)
        for one in referrals
    ]
    told = [tell(admission) for admission in admissions]
    await audit.record(session, caller, *(entry for entry, _ in told))
    return Taking(outcomes, [message for _, messages in told for message in messages])


async def _earlier(
    session: AsyncSession, partner_id: UUID, referrals: Sequence[Sent]
) -> dict[str | None, Referral]:
    """By external_id, the referrals that this partner sent before."""
    ids = [one.body.external_id for one in referrals if one.body.external_id is not None]
    if not ids:
        return {}
    await _LOCK_EXTERNAL_IDS(session, names=[f"{partner_id}/{id_}" for id_ in ids])
    rows = await _EARLIER(session, partner_id=partner_id, ids=ids)
    return {row.external_id: row for row in rows}


def _repeated(earlier: Referral, again: Sent) -> Taken | Problem:
    if earlier.content_fingerprint not in (again.fingerprint, *again.older):
        return Problem(EXTERNAL_ID_CONFLICT)
    return Taken(earlier, new=False)


async def _admit(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    partner: Partner,
    new: Sequence[Sent],
    now: datetime,
) -> list[Admission]:
    if not new:
        return []
    persons = [_person(one.body, now) for one in new]
    found = await find_or_register(session, cipher, index, persons, now)
    subjects = [
        Subject(person.age_group, frozenset(map(str, one.body.reasons)))
        for one, person in zip(new, persons, strict=True)
    ]
    standings = await weigh_referrals(session, partner.id, subjects, now)
    admissions = [
        Admission(
            _referral(cipher, one, partner, whose.client_ref, standing, now),
            person,
            whose,
            standing,
            one.span,
        )
        for one, person, whose, standing in zip(new, persons, found, standings, strict=True)
    ]
    await _insert(session, [admission.referral for admission in admissions])
    return admissions


def _person(body: ReferralBody, now: datetime) -> Person:
    client = body.client
    code = client.identity_code
    birth_date = birth_date_of(code) if code else client.birth_date
    return Person(
        identity_code=code,
        identity=client.model_dump(mode="json", exclude_none=True),
        birth_date=birth_date,
        age_group=age_group(birth_date, now.astimezone(FINLAND).date()),
        municipality=client.municipality,
        language=client.language,
        non_disclosure_order=client.non_disclosure_order,
    )


def _referral(
    cipher: FieldCipher,
    one: Sent,
    partner: Partner,
    client_ref: UUID,
    standing: Standing,
    now: datetime,
) -> NewReferral:
    """The agreement's team is the wished one where none is named; a referral that the agreement
    does not carry is redirected, which is a step of its own."""
    referral_id, body = new_id(), one.body
    return NewReferral(
        id=referral_id,
        reference=new_reference(),
        partner_id=partner.id,
        source_kind=partner.kind,
        external_id=body.external_id,
        content_fingerprint=one.fingerprint,
        client_ref=client_ref,
        urgency=body.urgency,
        lawful_basis=body.lawful_basis,
        reasons=[str(reason) for reason in body.reasons],
        municipality=body.client.municipality,
        housing=body.housing.model_dump(mode="json") if body.housing else None,
        leaves_institution_on=body.leaves_institution_on,
        wished_team=body.team or standing.team,
        redirect_reason=standing.redirect_reason,
        content_sealed=cipher.encrypt_json(content_of(body), content_context(referral_id)),
        status=ReferralStatus.REQUESTED,
        received_at=now,
        pending_since=now,
        version=1 if standing.redirect_reason is None else 2,
    )


def content_of(body: ReferralBody) -> dict[str, Any]:
    """All that was sent in words or about the person."""
    return body.model_dump(
        mode="json",
        include={"client", "narrative", "no_consent_reason", "contact_person"},
        exclude_none=True,
    )


def content_context(referral_id: UUID) -> str:
    """What the sealed words of a referral are bound to."""
    return f"referrals/{referral_id}"


async def _insert(session: AsyncSession, referrals: Sequence[NewReferral]) -> None:
    """Inserts the rows; in the rare case of a clash draws another reference."""
    left = {referral.id: referral for referral in referrals}
    while left:
        done = await _INSERT(session, [vars(referral) for referral in left.values()])
        for (referral_id,) in done:
            del left[referral_id]
        for referral in left.values():
            referral.reference = new_reference()
