"""Taking a referral: it joins what the person has already, or gets workers, or a place in line.

Runs inside the consumer's transaction. A referral is never refused and never lost. Whoever holds a
client's place or case here asks for no lock of a team, so that nobody waits in a circle with those
who give room away (case, teams by id, places by id). Keys of the outbox come last everywhere.
"""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import VARCHAR, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment import placing, queries, seating
from services.caseload.case_events import CaseEvents
from services.caseload.deadlines import clocks
from services.caseload.deadlines.rules import contact_due_at
from services.caseload.persons import queries as persons
from services.caseload.tables import (
    Case,
    CaseLife,
    CaseReferral,
    IntakeRule,
    Team,
    WaitlistPlace,
)
from services.caseload.teams.queries import policy_of
from services.caseload.waitlist.rules import most_urgent
from shared import outbox, telemetry
from shared.clock import utc_now
from shared.contracts.caseload import ReferralAccepted
from shared.contracts.codes import LawfulBasis, Urgency
from shared.contracts.municipalities import county_of
from shared.contracts.referral import ReferralReceived
from shared.ids import new_id
from shared.messages import Received
from shared.rows import insert_row
from shared.statements import Prepared

_LOCK_CLIENT = Prepared(
    text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))").bindparams(
        bindparam("name", type_=VARCHAR)
    )
)


async def take_referral(session: AsyncSession, event: Received) -> None:
    """Finds a place for the referral: the client's open case or place in line, else a new one.

    One that has its place already, and is told again by another event, keeps it.
    """
    data = cast(ReferralReceived, event.data)
    telemetry.tag(referral_id=str(data.aggregate_id))
    await persons.hold(session)
    if await queries.is_answered(session, data.aggregate_id):
        return
    own = await persons.own_ref(session, data.aggregate_id, data.client_ref)
    data = data.model_copy(update={"client_ref": own})
    refs = await _lock_held(session, data.client_ref)
    events, others = await take(session, data, refs, utc_now())
    telemetry.tag(case_id=str(events.case_id))
    await outbox.append(session, [*others, *events.messages])


async def lock_client(session: AsyncSession, client_ref: UUID) -> frozenset[UUID]:
    """Nobody else begins anything for this person until the commit; taken before all row locks.

    All refs of the person, which stay so until then.
    """
    await persons.hold(session)
    return await _lock_held(session, client_ref)


async def _lock_held(session: AsyncSession, client_ref: UUID) -> frozenset[UUID]:
    refs = await persons.refs_of(session, client_ref)
    await _LOCK_CLIENT(session, name=f"client/{min(refs)}")
    return refs


async def take(
    session: AsyncSession, data: ReferralReceived, refs: frozenset[UUID], now: datetime
) -> tuple[CaseEvents, list[outbox.Message]]:
    """Finds a place for a referral of the person of these refs, whom the caller holds locked.

    Returns the events of the place or case, and those of others, to append last.
    """
    # The place first: whoever makes a case of it meanwhile is waited for, and the case is found.
    # Of a person with several refs one may have a place and another a case: the case has workers.
    place = await queries.place_of(session, data.client_ref, refs)
    case = None
    if place is None or len(refs) > 1:
        case = await queries.open_case_of(session, data.client_ref, refs)
    if case is not None:
        return await _join_case(session, case, data, now), []
    if place is not None:
        return await _join_place(session, place, data, now), []
    place = _new_place(data)
    clock = clocks.starting(place, data.pending_since)
    await insert_row(session, clock)
    referral = await _note_referral(session, place, data)
    if data.lawful_basis != LawfulBasis.CONSENT:
        await insert_row(session, CaseLife(case_id=place.id, consent_to_ask=True))
    beginning = placing.gathered(place, [referral], clock, now)
    others = await seating.seat(session, beginning)
    return beginning.events, others


async def _join_place(
    session: AsyncSession, place: WaitlistPlace, data: ReferralReceived, now: datetime
) -> CaseEvents:
    """The client waits already: the place answers this referral too, as urgent as the more urgent
    of them."""
    await _note_referral(session, place, data)
    urgency = most_urgent(Urgency(place.urgency), data.urgency)
    if urgency != place.urgency:
        place.urgency, place.stands_as = urgency, None
    place.reasons = sorted({*place.reasons, *map(str, data.reasons)})
    leaving = filter(None, (place.leaves_institution_on, data.leaves_institution_on))
    place.leaves_institution_on = min(leaving, default=None)
    await _let_in(session, place, data, now)
    clock = await clocks.clock_of(session, place)
    clocks.hear(clock, data.age_group, Urgency(place.urgency), data.pending_since)
    team = await session.get(Team, place.team) if place.team else None
    joining = await placing.begin(session, place, now)
    placing.tell_waiting(joining, data.aggregate_id, team)
    return joining.events


async def _join_case(
    session: AsyncSession, case: Case, data: ReferralReceived, now: datetime
) -> CaseEvents:
    """The client is a client already: their workers learn of the new referral.

    Until the first contact the case is as urgent as its most urgent referral.
    """
    await _note_referral(session, case, data)
    team = await session.get_one(Team, case.team)
    clock = await clocks.clock_of(session, case)
    due = contact_due_at([(data.received_at, data.urgency)], policy_of(team).hours)
    if case.contacted_at is None:
        case.urgency = most_urgent(Urgency(case.urgency), data.urgency)
        case.contact_due_at = due = min(due, case.contact_due_at)
    clocks.hear(clock, data.age_group, Urgency(case.urgency), data.pending_since)
    referrals = await queries.referrals_of(session, case.id)
    referral_ids = tuple(referral.referral_id for referral in referrals)
    events = CaseEvents(case.id, case.client_ref, referral_ids, case.version)
    events.add(
        ReferralAccepted,
        at=now,
        team=case.team,
        about=data.aggregate_id,
        contact_due_at=due,
        joined_open_case=True,
        assessment_due_on=clock.assessment_due_on,
    )
    case.version = events.version
    return events


async def _let_in(
    session: AsyncSession, place: WaitlistPlace, data: ReferralReceived, now: datetime
) -> None:
    """Who waits because one source is paused waits for room alone when another refers them too;
    the sweep gives it, since no team may be locked here."""
    if not place.waits_for_intake:
        return
    paused = await session.scalar(
        select(col(IntakeRule.team)).where(
            col(IntakeRule.team) == place.team,
            col(IntakeRule.partner_kind) == data.source_kind,
            queries.is_paused(now),
        )
    )
    if paused is None:
        place.source_kind, place.waits_for_intake = data.source_kind, False


def _new_place(data: ReferralReceived) -> WaitlistPlace:
    return WaitlistPlace(
        id=new_id(),
        client_ref=data.client_ref,
        county=county_of(data.municipality),
        municipality=data.municipality,
        age_group=data.age_group,
        reasons=sorted(map(str, data.reasons)),
        language=data.language,
        wished_team=data.wished_team,
        source_kind=data.source_kind,
        redirect_reason=data.redirect_reason,
        leaves_institution_on=data.leaves_institution_on,
        urgency=data.urgency,
        received_at=data.received_at,
        contact_due_at=data.received_at,
    )


async def _note_referral(
    session: AsyncSession, answering: Case | WaitlistPlace, data: ReferralReceived
) -> CaseReferral:
    referral = CaseReferral(
        referral_id=data.aggregate_id,
        case_id=answering.id,
        source_kind=data.source_kind,
        urgency=data.urgency,
        received_at=data.received_at,
        told_under=data.client_ref,
        told=data.model_dump(mode="json"),
    )
    await insert_row(session, referral)
    return referral
