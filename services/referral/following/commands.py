"""What the teams and the clients decide reaches the referral that its sender reads.

Each runs inside the consumer's transaction. A referral keeps the version of the case event that
last moved it, so that a late repeat changes nothing.
"""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral import transitions
from services.referral.clients.groups import groups_of
from services.referral.tables import PartnerConsent, PartnerDenial, Referral, WordTakenBack
from services.referral.transitions import Action, Move
from services.referral.webhooks.news import telling
from shared import telemetry
from shared.clock import utc_now
from shared.contracts.case_life import (
    AssessmentCompleted,
    AssessmentStarted,
    CadenceChanged,
    CaseReturned,
    HandoverConfirmed,
    HandoverDeclined,
    HandoverEndedEvent,
    HandoverFailed,
    HandoverJointMeetingHeld,
    HandoverProposed,
)
from shared.contracts.caseload import (
    CaseAssigned,
    CaseClosed,
    CaseContacted,
    CaseEvent,
    CaseReassigned,
    CaseRedirected,
    CaseWaitlisted,
    ContactAttempted,
    ReferralAccepted,
)
from shared.contracts.codes import CaseStatus, ConsentDirection, PartnerFact, ReferralStatus
from shared.contracts.consent import ConsentDenied, ConsentGiven
from shared.messages import Received

_STEPS: dict[type[CaseEvent], Action] = {
    ReferralAccepted: Action.ACCEPT,
    CaseWaitlisted: Action.WAITLIST,
    CaseRedirected: Action.REDIRECT,
    CaseReassigned: Action.REASSIGN,
    ContactAttempted: Action.ATTEMPT_CONTACT,
    CaseContacted: Action.REACH,
    AssessmentStarted: Action.ASSESS,
    AssessmentCompleted: Action.SUPPORT,
    CadenceChanged: Action.SUPPORT,
    HandoverProposed: Action.PROPOSE_HANDOVER,
    HandoverJointMeetingHeld: Action.ACCOMPANY,
    HandoverConfirmed: Action.CONFIRM_HANDOVER,
    HandoverDeclined: Action.SUPPORT,
    HandoverFailed: Action.SUPPORT,
    CaseClosed: Action.CLOSE,
    CaseReturned: Action.RETURN,
}
_MOMENT = timedelta(microseconds=1)
_IN_SUPPORT = (CaseStatus.SUPPORT, CaseStatus.TAPERING)


async def follow_case(session: AsyncSession, event: Received) -> None:
    """Moves the referrals that an event of their case concerns."""
    data = cast(CaseEvent, event.data)
    concerned = getattr(data, "referral_id", None)
    referral_ids = [concerned] if concerned else list(data.referral_ids)
    referrals = await _locked(session, col(Referral.id).in_(referral_ids))
    async with telling(session, referrals):
        for referral in referrals:
            if _is_news(referral, data):
                _move(referral, data)
                telemetry.tag(referral_id=str(referral.id))


async def _locked(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[Referral]:
    """The referrals of these conditions, locked in the order of their ids."""
    rows = await session.scalars(
        select(Referral).where(*conditions).order_by(col(Referral.id)).with_for_update()
    )
    return list(rows)


def _is_news(referral: Referral, data: CaseEvent) -> bool:
    return referral.case_id != data.aggregate_id or data.version > referral.case_version


def _move(referral: Referral, data: CaseEvent) -> None:
    referral.case_id = data.aggregate_id
    referral.case_version = data.version
    moved = _destination(referral, data)
    if moved is None:
        return
    status, business_status = moved
    referral.status = status
    referral.business_status = business_status or referral.business_status
    referral.team = data.team or referral.team
    if isinstance(data, ReferralAccepted | CaseWaitlisted):
        referral.contact_due_at = data.contact_due_at
    if isinstance(data, CaseContacted):
        referral.contacted_at = data.occurred_at
    if isinstance(data, CaseClosed):
        referral.ended_at = data.closed_at
    referral.version += 1


def _destination(referral: Referral, data: CaseEvent) -> Move | None:
    step = _step_of(data)
    return transitions.after(ReferralStatus(referral.status), step) if step else None


def _step_of(data: CaseEvent) -> Action | None:
    """What the event means for a referral: a handover that ended while another goes on, or a
    cadence agreed on in the midst of something else, means nothing."""
    if isinstance(data, HandoverEndedEvent) and not data.back_to_support:
        return None
    if isinstance(data, CadenceChanged) and data.status not in _IN_SUPPORT:
        return None
    return _STEPS.get(type(data))


async def learn_consent(session: AsyncSession, event: Received) -> None:
    """Keeps what a client permits to tell a partner; other directions are not our matter."""
    data = cast(ConsentGiven, event.data)
    if data.direction != ConsentDirection.TO_PARTNER or data.partner_id is None:
        return
    if await _was_taken_back(session, data.aggregate_id):
        return
    values: dict[str, Any] = {
        "consent_id": data.aggregate_id,
        "client_ref": data.client_ref,
        "partner_id": data.partner_id,
        "facts": [str(fact) for fact in data.facts],
        "valid_from": data.valid_from,
        "valid_to": data.valid_to,
        "version": data.version,
        "begun": data.valid_from <= utc_now(),
    }
    theirs = await _sent_of(session, data.client_ref, data.partner_id)
    async with telling(session, theirs):
        await session.execute(insert(PartnerConsent).values(**values).on_conflict_do_nothing())


async def begin_consent(session: AsyncSession) -> bool:
    """Tells of the next consent whose time has come since it was learned; False without one."""
    consent = await session.scalar(
        select(PartnerConsent)
        .where(~col(PartnerConsent.begun), col(PartnerConsent.valid_from) <= utc_now())
        .order_by(col(PartnerConsent.valid_from))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if consent is None:
        return False
    theirs = await _sent_of(session, consent.client_ref, consent.partner_id)
    async with telling(session, theirs, since=consent.valid_from - _MOMENT):
        consent.begun = True
    return True


async def _sent_of(session: AsyncSession, client_ref: UUID, partner_id: UUID) -> list[Referral]:
    """The referrals of a person, under any of their refs, that a partner sent, locked."""
    groups = await groups_of(session, [client_ref])
    return await _locked(
        session,
        col(Referral.client_ref).in_(groups.get(client_ref, ())),
        col(Referral.partner_id) == partner_id,
    )


async def forget_consent(session: AsyncSession, event: Received) -> None:
    """A revoked consent tells nothing more from now on; also not that it was revoked."""
    consent_id = event.data.aggregate_id
    await _take_back(session, consent_id)
    await session.execute(
        delete(PartnerConsent).where(col(PartnerConsent.consent_id) == consent_id)
    )


async def learn_denial(session: AsyncSession, event: Received) -> None:
    """Keeps what a client forbids to tell partners. From now on a partner sees what it would
    without consent, and is not told so."""
    data = cast(ConsentDenied, event.data)
    partners, facts = _denied_partners(data), _denied_facts(data)
    elsewhere = data.direction not in (None, ConsentDirection.TO_PARTNER)
    if elsewhere or not facts or await _was_taken_back(session, data.aggregate_id):
        return
    values: dict[str, Any] = {
        "denial_id": data.aggregate_id,
        "client_ref": data.client_ref,
        "partners": partners,
        "facts": facts,
    }
    await session.execute(insert(PartnerDenial).values(**values).on_conflict_do_nothing())


def _denied_partners(data: ConsentDenied) -> list[str] | None:
    """The partners that are meant; None for every one. Organisations without the id of one are
    none of ours."""
    if data.partner_id is not None:
        return [str(data.partner_id)]
    return sorted(data.organisations) or None


def _denied_facts(data: ConsentDenied) -> list[str]:
    return [fact for fact in PartnerFact if not data.data_classes or fact in data.data_classes]


async def forget_denial(session: AsyncSession, event: Received) -> None:
    """A denial was lifted: what the client consents to tell is told again."""
    await _take_back(session, event.data.aggregate_id)
    denial = await session.get(PartnerDenial, event.data.aggregate_id)
    if denial is None:
        return
    groups = await groups_of(session, [denial.client_ref])
    conditions = [col(Referral.client_ref).in_(groups.get(denial.client_ref, ()))]
    theirs = await _locked(session, *conditions)
    async with telling(session, theirs):
        await session.delete(denial)
        await session.flush()


async def _take_back(session: AsyncSession, word_id: UUID) -> None:
    await session.execute(insert(WordTakenBack).values(id=word_id).on_conflict_do_nothing())


async def _was_taken_back(session: AsyncSession, word_id: UUID) -> bool:
    return await session.get(WordTakenBack, word_id) is not None


CASE_EVENTS: tuple[type[CaseEvent], ...] = (*_STEPS, CaseAssigned)
