"""Deadlines that pass are told, each once in a period of service, whoever looks and however often.

Runs in the event process; several may run at once. What is told is written down under the lock of
the place or case, in the transaction of its event, so a process that is killed loses nothing and
repeats nothing. Who waits in line is looked at too: that the team is full makes nobody's need wait
(the county's own response time, and the law's day, hold from the referral on). Of a contact that
was made, or a case that ended, before the sweep came by nothing is told here: the event of a late
contact says itself that it was late.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind
from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.assignment import placing
from services.caseload.cases.changing import open_work, record
from services.caseload.deadlines import clocks, metrics, queries, rules
from services.caseload.deadlines.rules import Kind
from services.caseload.settings import Settings
from services.caseload.tables import Case, CaseClock, CaseLife, WaitlistPlace
from services.caseload.waitlist.queries import entry
from shared import audit, outbox, sweeping, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.caseload import CaseEvent
from shared.contracts.codes import CaseStatus
from shared.contracts.deadlines import AssessmentOverdue, ContactOverdue
from shared.db import Database
from shared.worker import Part

CLOCK = Caller("nopsa-caseload", "nopsa-caseload", frozenset())
"""Who the audit log names for what nobody did."""
AT_A_TIME = 100

Telling = tuple[Kind, type[CaseEvent], dict[str, Any]]


def sweeper(settings: Settings) -> Part:
    """The part of the event process that sweeps, for ever."""
    return sweeping.sweeper("deadlines", settings.deadline_sweep_seconds, raise_overdue, measure)


async def raise_overdue(database: Database, now: datetime | None = None) -> int:
    """Tells of every deadline that has passed and was not told yet; how many."""
    now = now or utc_now()
    raised, after = 0, None
    while found := await _untold(database, now, after):
        for case_id in found:
            told = await _tell(database, case_id, now)
            for kind in told:
                metrics.RAISED.labels(kind).inc()
            raised += len(told)
        after = found[-1]
    return raised


async def measure(database: Database, now: datetime | None = None) -> None:
    """Sets the gauges to how many deadlines have passed unmet."""
    with suppress_instrumentation():
        async with database.sessions() as session:
            for kind in Kind:
                count = await queries.count_overdue(session, kind, now or utc_now())
                metrics.OVERDUE.labels(kind).set(count)


async def _untold(database: Database, now: datetime, after: UUID | None) -> Sequence[UUID]:
    with suppress_instrumentation():
        async with database.sessions() as session:
            return await queries.untold(session, now, after=after, limit=AT_A_TIME)


async def _tell(database: Database, case_id: UUID, now: datetime) -> list[Kind]:
    """Tells what is still so, and was not told, once the place or case is locked."""
    with telemetry.span("tell overdue", SpanKind.INTERNAL, Context(), {}):
        async with database.sessions() as session, session.begin():
            # The place first: whoever makes a case of it is waited for, and the case is found.
            place = await session.get(WaitlistPlace, case_id, with_for_update=True)
            if place is not None:
                return await _tell_of_place(session, place, now)
            case = await session.get(Case, case_id, with_for_update=True)
            if case is None or case.status == CaseStatus.CLOSED:
                return []
            return await _tell_of_case(session, case, now)


async def _tell_of_place(session: AsyncSession, place: WaitlistPlace, now: datetime) -> list[Kind]:
    waiting = await placing.begin(session, place, now)
    clock = await clocks.clock_of(session, place)
    telling = _passed(clock, place.contact_due_at, now)
    for _, event, facts in telling:
        waiting.events.add(event, at=now, team=place.team, waiting=True, **facts)
    if telling:
        place.version = waiting.events.version
        await session.flush()
        await audit.record(session, CLOCK, entry("waitlist.overdue", place))
        await outbox.append(session, waiting.events.messages)
    return [kind for kind, _, _ in telling]


async def _tell_of_case(session: AsyncSession, case: Case, now: datetime) -> list[Kind]:
    clock = await clocks.clock_of(session, case)
    life = await session.get(CaseLife, case.id)
    begun = life is not None and life.assessment_started_at is not None
    due_at = case.contact_due_at if case.contacted_at is None else None
    telling = _passed(clock, due_at, now, assessed=begun)
    if telling:
        work = await open_work(session, case)
        for _, event, facts in telling:
            work.tell(event, at=now, **facts)
        await record(work, CLOCK, "case.overdue")
    return [kind for kind, _, _ in telling]


def _passed(
    clock: CaseClock, contact_due_at: datetime | None, now: datetime, *, assessed: bool = False
) -> list[Telling]:
    """Which deadlines are to be told as passed; notes on the clock that they were."""
    found: list[Telling] = []
    late = contact_due_at is not None and rules.is_contact_late(contact_due_at, now)
    if late and clock.contact_overdue_at is None:
        clock.contact_overdue_at = now
        found.append((Kind.CONTACT, ContactOverdue, {"contact_due_at": contact_due_at}))
    late = not assessed and rules.is_assessment_late(clock.assessment_due_on, now)
    if late and clock.assessment_overdue_at is None:
        clock.assessment_overdue_at = now
        due_on = {"assessment_due_on": clock.assessment_due_on}
        found.append((Kind.ASSESSMENT, AssessmentOverdue, due_on))
    return found
