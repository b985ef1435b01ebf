"""Taking a referral in: one transaction for the answer, the person, the referral, the audit row
and the events. No referral is refused for lack of room; that is the caseload service's to solve.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral import wording
from services.referral.agreements.commands import Standing, weigh_referral
from services.referral.clients.commands import Person, find_or_register
from services.referral.clients.rules import age_group
from services.referral.intake.schemas import Receipt, ReferralBody
from services.referral.partners.queries import partner_of
from services.referral.partners.rules import is_authority
from services.referral.tables import Partner, Referral
from shared import audit, outbox, telemetry
from shared.auth import Caller
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.contracts.codes import PartnerKind, ReferralStatus
from shared.contracts.referral import ReferralReceived, ReferralRedirectedByAgreement
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, fingerprint_of, once, request_key
from shared.identity_code import birth_date_of
from shared.ids import new_id, new_reference
from shared.problems import EXTERNAL_ID_CONFLICT, Problem

_LOCK_EXTERNAL_ID = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_INSERT = (
    insert(Referral)
    .on_conflict_do_nothing(index_elements=[col(Referral.reference)])
    .returning(col(Referral.id))
)


@dataclass(frozen=True)
class Intake:
    """One request to take a referral: who sends what, and how to answer."""

    caller: Caller
    body: ReferralBody
    idempotency_key: str
    language: str


async def submit_referral(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, intake: Intake
) -> Answer:
    """Takes the referral, once per idempotency key and per external_id. Answers the receipt.

    Raises the problems of idempotency, `not_a_partner`, `partner_suspended` and
    `external_id_conflict`.
    """
    sent = intake.body.model_dump(mode="json")
    request = request_key(
        index,
        caller=intake.caller.client_id,
        key=intake.idempotency_key,
        operation="POST /v1/referrals",
        body=sent,
    )
    fingerprint = fingerprint_of(index, "referral", sent)

    async def work() -> Answer:
        partner = await partner_of(session, intake.caller)
        earlier = await _earlier(session, partner.id, intake.body.external_id, fingerprint)
        if earlier is not None:
            return _answer(earlier, partner, intake.language, status=200)
        referral, events = await _take(session, cipher, index, intake, partner, fingerprint)
        telemetry.tag(referral_id=str(referral.id))
        await audit.record(session, intake.caller, _entry(referral))
        await outbox.append(session, events)
        return _answer(referral, partner, intake.language, status=201)

    async with session.begin():
        return await once(session, request, work)


async def _earlier(
    session: AsyncSession, partner_id: UUID, external_id: str | None, fingerprint: bytes
) -> Referral | None:
    """The referral this partner sent before under the same external_id."""
    if external_id is None:
        return None
    await session.execute(_LOCK_EXTERNAL_ID, {"name": f"{partner_id}/{external_id}"})
    found: Referral | None = await session.scalar(
        select(Referral).where(
            col(Referral.partner_id) == partner_id, col(Referral.external_id) == external_id
        )
    )
    if found is not None and found.content_fingerprint != fingerprint:
        raise Problem(EXTERNAL_ID_CONFLICT)
    return found


async def _take(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    intake: Intake,
    partner: Partner,
    fingerprint: bytes,
) -> tuple[Referral, list[outbox.Message]]:
    now = utc_now()
    person = _person(intake.body, now)
    found = await find_or_register(session, cipher, index, person, now)
    referral = _referral(cipher, intake.body, partner, found.client_ref, fingerprint, now)
    reasons = frozenset(referral.reasons)
    standing = await weigh_referral(session, partner.id, person.age_group, reasons, now)
    _put_under_agreement(referral, standing)
    await _insert(session, referral)
    client_ref = found.person_ref
    data = [_received(referral, person, client_ref), *_redirected(referral, standing, client_ref)]
    messages = [
        outbox.message(event, key=client_ref, correlation_id=referral.id)
        for event in ([found.registered, *data] if found.registered else data)
    ]
    return referral, messages


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
    body: ReferralBody,
    partner: Partner,
    client_ref: UUID,
    fingerprint: bytes,
    now: datetime,
) -> Referral:
    referral_id = new_id()
    return Referral(
        id=referral_id,
        reference=new_reference(),
        partner_id=partner.id,
        source_kind=partner.kind,
        external_id=body.external_id,
        content_fingerprint=fingerprint,
        client_ref=client_ref,
        urgency=body.urgency,
        lawful_basis=body.lawful_basis,
        reasons=[str(reason) for reason in body.reasons],
        municipality=body.client.municipality,
        housing=body.housing.model_dump(mode="json") if body.housing else None,
        leaves_institution_on=body.leaves_institution_on,
        wished_team=body.team,
        content_sealed=cipher.encrypt_json(content_of(body), f"referrals/{referral_id}"),
        status=ReferralStatus.REQUESTED,
        received_at=now,
        pending_since=now,
    )


def content_of(body: ReferralBody) -> dict[str, Any]:
    """All that was sent in words or about the person."""
    return body.model_dump(
        mode="json",
        include={"client", "narrative", "no_consent_reason", "contact_person"},
        exclude_none=True,
    )


def _put_under_agreement(referral: Referral, standing: Standing) -> None:
    """The agreement's team is the wished one where none is named; one that the agreement does not
    carry is redirected, which is a step of its own."""
    referral.wished_team = referral.wished_team or standing.team
    if standing.redirect_reason is not None:
        referral.redirect_reason = standing.redirect_reason
        referral.version += 1


async def _insert(session: AsyncSession, referral: Referral) -> None:
    """Inserts the row; in the rare case of a clash draws another reference."""
    while True:
        done = await session.execute(_INSERT, referral.model_dump())
        if done.first() is not None:
            return
        referral.reference = new_reference()


def _received(referral: Referral, person: Person, client_ref: UUID) -> ReferralReceived:
    housing = referral.housing or {}
    return ReferralReceived.model_validate(
        {
            "aggregate_id": referral.id,
            "version": 1,
            "occurred_at": referral.received_at,
            "client_ref": client_ref,
            "partner_id": referral.partner_id,
            "source_kind": referral.source_kind,
            "urgency": referral.urgency,
            "lawful_basis": referral.lawful_basis,
            "reasons": referral.reasons,
            "municipality": referral.municipality,
            "age_group": person.age_group,
            "language": person.language,
            "housing_status": housing.get("status"),
            "eviction_stage": housing.get("eviction_stage"),
            "leaves_institution_on": referral.leaves_institution_on,
            "wished_team": referral.wished_team,
            "redirect_reason": referral.redirect_reason,
            "received_at": referral.received_at,
            "pending_since": referral.pending_since,
        }
    )


def _redirected(
    referral: Referral, standing: Standing, client_ref: UUID
) -> list[ReferralRedirectedByAgreement]:
    if standing.redirect_reason is None:
        return []
    return [
        ReferralRedirectedByAgreement(
            aggregate_id=referral.id,
            version=referral.version,
            occurred_at=referral.received_at,
            client_ref=client_ref,
            partner_id=referral.partner_id,
            reason=standing.redirect_reason,
            agreement_version=standing.version,
        )
    ]


def _entry(referral: Referral) -> audit.Entry:
    return audit.Entry(
        "referral.submit",
        "referral",
        subject_id=referral.id,
        client_ref=referral.client_ref,
        basis=referral.lawful_basis,
    )


def _answer(referral: Referral, partner: Partner, language: str, *, status: int) -> Answer:
    authority = is_authority(PartnerKind(partner.kind))
    receipt = Receipt(
        id=referral.id,
        reference=referral.reference,
        status=ReferralStatus.REQUESTED,
        received_at=referral.received_at,
        external_id=referral.external_id,
        next_step=wording.next_step(language, authority=authority),
    )
    headers = {"Location": f"/v1/referrals/{referral.id}", "Content-Language": language}
    return Answer(status, receipt.model_dump(mode="json"), headers)
