"""Taking a referral: it joins what the client has already, or gets workers, or a place in line.

Runs inside the consumer's transaction. A referral is never refused and never lost. Whoever holds a
client's place or case here asks for no lock of a team, so that nobody waits in a circle with those
who give room away (case, teams by id, places by id). Keys of the outbox come last everywhere.
"""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment import placing, queries, seating
from services.caseload.case_events import CaseEvents
from services.caseload.tables import Case, CaseReferral, IntakeRule, Team, WaitlistPlace
from services.caseload.teams.queries import policy_of
from services.caseload.waitlist.rules import most_urgent
from shared import outbox, telemetry
from shared.calendar import add_working_hours
from shared.clock import utc_now
from shared.contracts.caseload import ReferralAccepted
from shared.contracts.codes import Urgency
from shared.contracts.municipalities import county_of
from shared.contracts.referral import ReferralReceived
from shared.ids import new_id
from shared.messages import Received

_LOCK_CLIENT = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def take_referral(session: AsyncSession, event: Received) -> None:
    """Finds a place for the referral: the client's open case or place in line, else a new one."""
    data = cast(ReferralReceived, event.data)
    telemetry.tag(referral_id=str(data.aggregate_id))
    await lock_client(session, data.client_ref)
    events, others = await _take(session, data, utc_now())
    telemetry.tag(case_id=str(events.case_id))
    await outbox.append(session, [*others, *events.messages])


async def lock_client(session: AsyncSession, client_ref: UUID) -> None:
    """Nobody else begins anything for this client until the commit; taken before all row locks."""
    await session.execute(_LOCK_CLIENT, {"name": f"client/{client_ref}"})


async def _take(
    session: AsyncSession, data: ReferralReceived, now: datetime
) -> tuple[CaseEvents, list[outbox.Message]]:
    # The place first: whoever makes a case of it meanwhile is waited for, and the case is found.
    place = await queries.place_of(session, data.client_ref)
    if place is not None:
        return await _join_place(session, place, data, now), []
    case = await queries.open_case_of(session, data.client_ref)
    if case is not None:
        return await _join_case(session, case, data, now), []
    place = _new_place(data)
    await _note_referral(session, place, data)
    seated, others = await seating.seat(session, place, now)
    return seated.events, others


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
    due = add_working_hours(data.received_at, policy_of(team).hours(data.urgency))
    if case.contacted_at is None:
        case.urgency = most_urgent(Urgency(case.urgency), data.urgency)
        case.contact_due_at = due = min(due, case.contact_due_at)
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
) -> None:
    await session.execute(
        insert(CaseReferral).values(
            referral_id=data.aggregate_id,
            case_id=answering.id,
            source_kind=data.source_kind,
            urgency=data.urgency,
            received_at=data.received_at,
        )
    )
