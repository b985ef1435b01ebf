"""Keeping the statutory clock of a place in line or a case.

For callers inside a transaction that hold the place or the case, or the client's lock while there
is neither. Of the person nothing is kept but the ground; when in doubt the stricter date stands,
until a worker who has met them says what is so.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.deadlines import rules
from services.caseload.deadlines.rules import Due, Ground
from services.caseload.tables import Case, CaseClock, WaitlistPlace
from shared.contracts.codes import AgeGroup, Urgency


def start(
    session: AsyncSession, place: WaitlistPlace, pending_since: datetime, before: CaseClock | None
) -> CaseClock:
    """Starts the clock of a new place; what was known of the person in the period before, stays."""
    clock = starting(place, pending_since, before)
    session.add(clock)
    return clock


def starting(
    place: WaitlistPlace, pending_since: datetime, before: CaseClock | None = None
) -> CaseClock:
    """The clock that `start` starts, which the caller stores."""
    clock = CaseClock(case_id=place.id, pending_since=pending_since)
    if before is not None:
        clock.ground, clock.ground_recorded = before.ground, before.ground_recorded
    hear(clock, AgeGroup(place.age_group), Urgency(place.urgency), pending_since)
    return clock


async def clock_of(session: AsyncSession, answering: Case | WaitlistPlace) -> CaseClock:
    """The clock of a place or case. One that has none, such as of imported history, gets it."""
    clock = await session.get(CaseClock, answering.id)
    if clock is not None:
        return clock
    if isinstance(answering, WaitlistPlace):
        return start(session, answering, answering.received_at, None)
    clock = CaseClock(case_id=answering.id, pending_since=answering.opened_at)
    session.add(clock)
    return clock


def hear(clock: CaseClock, age_group: AgeGroup, urgency: Urgency, at: datetime) -> None:
    """A referral tells of a client, or was changed; `urgency` is that of all their referrals."""
    if not clock.ground_recorded:
        clock.ground = rules.ground_of(age_group) or clock.ground
    clock.urgent_since = rules.urgent_since(clock.urgent_since, urgency, at)
    _count(clock)


def record(clock: CaseClock, ground: Ground | None) -> None:
    """A worker says which ground there is, or that there is none; no referral overrules it."""
    clock.ground, clock.ground_recorded = ground, True
    _count(clock)


def due(clock: CaseClock) -> Due | None:
    """By when the assessment has to begin, and why."""
    ground = Ground(clock.ground) if clock.ground else None
    return rules.assessment_due(clock.pending_since, ground, clock.urgent_since)


def _count(clock: CaseClock) -> None:
    found = due(clock)
    clock.assessment_due_on = found.on if found else None
