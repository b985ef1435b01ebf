"""What is left to ask when a referral leaves the place in line or the case that answered it.

For callers inside a transaction that holds the place or the case. What it asks of a client whom
nobody has reached yet follows from the referrals that stay; later it is the team's own.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment import placing
from services.caseload.assignment.queries import referrals_of
from services.caseload.case_events import CaseEvents
from services.caseload.deadlines import clocks
from services.caseload.deadlines.rules import contact_due_at
from services.caseload.tables import Case, CaseReferral, Team, WaitlistPlace
from services.caseload.teams.queries import policy_of
from services.caseload.waitlist.rules import most_urgent
from shared import outbox
from shared.contracts.caseload import ReferralAccepted
from shared.contracts.codes import CaseStatus, Urgency
from shared.contracts.referral import ReferralReceived


async def release(
    session: AsyncSession,
    answering: Case | WaitlistPlace,
    referral_ids: Collection[UUID],
    now: datetime,
) -> list[outbox.Message]:
    """Lets these referrals go; the events of what stays, to append last."""
    if not referral_ids:
        return []
    await session.execute(
        delete(CaseReferral).where(
            col(CaseReferral.case_id) == answering.id,
            col(CaseReferral.referral_id).in_(referral_ids),
        )
    )
    staying = [each for each in await referrals_of(session, answering.id) if not each.withdrawn_at]
    if not staying:
        return []
    if isinstance(answering, WaitlistPlace):
        return await _recount_place(session, answering, staying, now)
    if answering.contacted_at is None and answering.status != CaseStatus.CLOSED:
        return await _recount_case(session, answering, staying, now)
    return []


async def _recount_place(
    session: AsyncSession, place: WaitlistPlace, staying: Sequence[CaseReferral], now: datetime
) -> list[outbox.Message]:
    urgency = _urgency(staying)
    if urgency != place.urgency:
        place.urgency, place.stands_as = urgency, None
    told = [ReferralReceived.model_validate(each.told) for each in staying if each.told]
    if len(told) == len(staying):
        place.reasons = sorted({str(reason) for data in told for reason in data.reasons})
        leaving = filter(None, (data.leaves_institution_on for data in told))
        place.leaves_institution_on = min(leaving, default=None)
    team = await session.get(Team, place.team) if place.team else None
    waiting = await placing.begin(session, place, now)
    placing.tell_waiting(waiting, staying[0].referral_id, team)
    return waiting.events.messages


async def _recount_case(
    session: AsyncSession, case: Case, staying: Sequence[CaseReferral], now: datetime
) -> list[outbox.Message]:
    policy = policy_of(await session.get_one(Team, case.team))
    asked = ((each.received_at, Urgency(each.urgency)) for each in staying)
    due = contact_due_at(asked, policy.hours)
    case.urgency = _urgency(staying)
    if due == case.contact_due_at:
        return []
    case.contact_due_at = due
    referral_ids = tuple(each.referral_id for each in await referrals_of(session, case.id))
    events = CaseEvents(case.id, case.client_ref, referral_ids, case.version)
    about = staying[0].referral_id
    clock = await clocks.clock_of(session, case)
    events.add(
        ReferralAccepted,
        at=now,
        team=case.team,
        about=about,
        contact_due_at=due,
        joined_open_case=about != referral_ids[0],
        assessment_due_on=clock.assessment_due_on,
    )
    case.version = events.version
    return events.messages


def _urgency(staying: Sequence[CaseReferral]) -> Urgency:
    return most_urgent(*(Urgency(each.urgency) for each in staying))
