"""A sender changed its referral, or took it back: what becomes of what answers it.

Runs inside the consumer's transaction. Until the first contact the work is the referral's: it is as
urgent as its sender says now, and ends with it when nothing else asks for it. From then on the
client is the team's client, whatever the sender does. Locks: the teams of a client in line who is
routed again, then the place; or the case, then teams; keys of the outbox last.
"""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment import placing, rerouting
from services.caseload.assignment.queries import referrals_of
from services.caseload.cases.changing import open_work, record
from services.caseload.cases.commands import end
from services.caseload.cases.schemas import ClosingBody
from services.caseload.deadlines import clocks
from services.caseload.deadlines.rules import contact_due_at
from services.caseload.tables import (
    AssignmentExplanation,
    Case,
    CaseClock,
    CaseLife,
    CaseReferral,
    Team,
    WaitlistPlace,
)
from services.caseload.teams.queries import policy_of
from services.caseload.waitlist.rules import most_urgent
from shared import audit, outbox, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.caseload import ReferralAccepted
from shared.contracts.codes import AmendedField, CaseStatus, ClosingReason, Urgency
from shared.contracts.referral import ReferralAmended, ReferralReceived, SentReferral
from shared.messages import Received

SENDER = Caller("nopsa-caseload", "nopsa-caseload", frozenset())
"""Who acts when the sender of a referral does: the service itself, told by an event."""

CODES = set(ReferralAmended.model_fields) & set(ReferralReceived.model_fields) - {
    *SentReferral.model_fields
}
"""What an amendment tells anew of the referral itself."""

CANCELLED = ClosingBody(reason=ClosingReason.REFERRAL_CANCELLED)


async def withdraw(session: AsyncSession, event: Received) -> None:
    """The referral was cancelled, or entered in error: it asks for nothing more.

    A place in line that answers no other is given up; its sender's own event has told so. A case
    that answers no other is closed if the client was not reached yet.
    """
    data = cast(SentReferral, event.data)
    referral = await _answered(session, data.aggregate_id)
    if referral is None:
        return
    place, case = await _lock(session, referral.case_id)
    referral.withdrawn_at = referral.withdrawn_at or data.occurred_at
    await session.flush()
    if await _is_asked_for(session, referral.case_id):
        return
    if place is not None:
        entry = audit.Entry("waitlist.leave", "waitlist_place", place.id, place.client_ref)
        await session.execute(delete(WaitlistPlace).where(col(WaitlistPlace.id) == place.id))
        await session.execute(delete(CaseClock).where(col(CaseClock.case_id) == place.id))
        await audit.record(session, SENDER, entry)
    elif case is not None and case.contacted_at is None:
        work = await open_work(session, case)
        await end(work, CANCELLED)
        await record(work, SENDER, "case.close")


async def amend(session: AsyncSession, event: Received) -> None:
    """The referral asks for something else now: the line and the date of contact follow."""
    data = cast(ReferralAmended, event.data)
    referral = await _answered(session, data.aggregate_id)
    if referral is None or referral.withdrawn_at is not None:
        return
    teams = await rerouting.lock_teams(session, referral.case_id, data)
    place, case = await _lock(session, referral.case_id)
    referral.urgency = data.urgency
    if referral.told is not None:
        referral.told = referral.told | data.model_dump(mode="json", include=CODES)
    await session.flush()
    if place is not None:
        await _amend_place(session, place, data, teams)
    elif case is not None:
        await rerouting.explain_staying(session, case, data)
        if case.contacted_at is None:
            await _amend_case(session, case, data)


async def _answered(session: AsyncSession, referral_id: UUID) -> CaseReferral | None:
    """The referral with what answers it; not with what its client came back to since."""
    telemetry.tag(referral_id=str(referral_id))
    found: CaseReferral | None = await session.scalar(
        select(CaseReferral).where(
            col(CaseReferral.referral_id) == referral_id, ~col(CaseReferral.again)
        )
    )
    return found


async def _lock(session: AsyncSession, case_id: UUID) -> tuple[WaitlistPlace | None, Case | None]:
    """The place, or the open case that has grown of it, locked."""
    telemetry.tag(case_id=str(case_id))
    place = await session.get(WaitlistPlace, case_id, with_for_update=True)
    if place is not None:
        return place, None
    case = await session.get(Case, case_id, with_for_update=True)
    return None, case if case is not None and case.status != CaseStatus.CLOSED else None


async def _live(session: AsyncSession, case_id: UUID) -> list[CaseReferral]:
    return [each for each in await referrals_of(session, case_id) if not each.withdrawn_at]


async def _is_asked_for(session: AsyncSession, case_id: UUID) -> bool:
    """Whether anything but the referral asks for the work: another one, the client who came back,
    or a past that was taken over (which no decision of ours began)."""
    if await _live(session, case_id):
        return True
    life = await session.get(CaseLife, case_id)
    came_back = life is not None and life.previous_case is not None
    return came_back or await session.get(AssignmentExplanation, case_id) is None


async def _amend_place(
    session: AsyncSession,
    place: WaitlistPlace,
    data: ReferralAmended,
    teams: rerouting.Teams | None,
) -> None:
    live = await _live(session, place.id)
    urgency = _urgency(live)
    if urgency != place.urgency:
        place.urgency, place.stands_as = urgency, None
    place.reasons = sorted({*place.reasons, *map(str, data.reasons)})
    if AmendedField.LEAVES_INSTITUTION_ON in data.changed:
        others = [place.leaves_institution_on] if len(live) > 1 else []
        leaving = filter(None, (*others, data.leaves_institution_on))
        place.leaves_institution_on = min(leaving, default=None)
    clock = await clocks.clock_of(session, place)
    clocks.hear(clock, data.age_group, urgency, data.occurred_at)
    if teams is not None:
        messages = await rerouting.route(session, place, data, teams, utc_now())
    else:
        messages = await _go_on_waiting(session, place, data)
    await session.flush()
    await outbox.append(session, messages)


async def _go_on_waiting(
    session: AsyncSession, place: WaitlistPlace, data: ReferralAmended
) -> list[outbox.Message]:
    rerouting.live_in(place, data)
    team = await session.get(Team, place.team) if place.team else None
    amending = await placing.begin(session, place, utc_now())
    placing.tell_waiting(amending, data.aggregate_id, team)
    return amending.events.messages


async def _amend_case(session: AsyncSession, case: Case, data: ReferralAmended) -> None:
    """The workers learn by when the client is to be reached now, and the assessment to begin."""
    live = await _live(session, case.id)
    policy = policy_of(await session.get_one(Team, case.team))
    asked = ((each.received_at, Urgency(each.urgency)) for each in live)
    due = contact_due_at(asked, policy.hours)
    clock = await clocks.clock_of(session, case)
    before = (case.contact_due_at, clock.assessment_due_on)
    clocks.hear(clock, data.age_group, _urgency(live), data.occurred_at)
    moved = rerouting.has_moved(case, data)
    if (due, clock.assessment_due_on) == before and not moved:
        return
    case.urgency, case.contact_due_at = _urgency(live), due
    case.municipality = data.municipality if moved else case.municipality
    work = await open_work(session, case)
    work.tell(
        ReferralAccepted,
        about=data.aggregate_id,
        contact_due_at=due,
        joined_open_case=live[0].referral_id != data.aggregate_id,
        assessment_due_on=clock.assessment_due_on,
    )
    await record(work, SENDER, "case.amend")


def _urgency(live: Sequence[CaseReferral]) -> Urgency:
    return most_urgent(*(Urgency(each.urgency) for each in live))
