"""Carrying a decision out: a case is opened, or a place in line is kept, and why is written down.

For callers inside a transaction that holds the locks of the decision's teams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.queries import referrals_of
from services.caseload.assignment.rules import Decision
from services.caseload.case_events import CaseEvents
from services.caseload.deadlines import clocks
from services.caseload.deadlines.rules import contact_due_at
from services.caseload.tables import (
    AssignmentExplanation,
    Case,
    CaseClock,
    CaseReferral,
    CaseWorker,
    Team,
    WaitlistPlace,
)
from services.caseload.teams.queries import policy_of
from shared.contracts.caseload import (
    CaseAssigned,
    CaseRedirected,
    CaseWaitlisted,
    ReferralAccepted,
)
from shared.contracts.codes import CaseStatus, Urgency
from shared.rows import Insertion, insert_all, insert_row

DECISIONS = TypeAdapter(Decision)
_EXPLAIN = Insertion(
    AssignmentExplanation,
    ("case_id", "decided_at", "decision"),
    lambda statement: statement.on_conflict_do_update(
        index_elements=[col(AssignmentExplanation.case_id)],
        set_={name: statement.excluded[name] for name in ("decided_at", "decision")},
    ),
)


@dataclass(frozen=True)
class Placing:
    """A client being placed: their place in line, new or old, the referrals it answers, the last
    day that the law sets for their assessment, and the events that go on from where it stands."""

    place: WaitlistPlace
    referrals: Sequence[CaseReferral]
    events: CaseEvents
    now: datetime
    assessment_due_on: date | None


async def begin(session: AsyncSession, place: WaitlistPlace, now: datetime) -> Placing:
    """Gathers what placing the client needs."""
    referrals = [each for each in await referrals_of(session, place.id) if not each.withdrawn_at]
    return gathered(place, referrals, await clocks.clock_of(session, place), now)


def gathered(
    place: WaitlistPlace, referrals: Sequence[CaseReferral], clock: CaseClock, now: datetime
) -> Placing:
    """What placing the client needs, where all of it is at hand."""
    referral_ids = tuple(referral.referral_id for referral in referrals)
    events = CaseEvents(place.id, place.client_ref, referral_ids, place.version)
    return Placing(place, referrals, events, now, clock.assessment_due_on)


def contact_due(team: Team | None, placing: Placing) -> datetime:
    """The moment by which the team wants to have contacted: the earliest any referral asks for.

    A client of imported history who came back has no referral here; the place itself asks then.
    """
    asking: Sequence[CaseReferral | WaitlistPlace] = placing.referrals or [placing.place]
    asked = ((each.received_at, Urgency(each.urgency)) for each in asking)
    return contact_due_at(asked, policy_of(team).hours)


async def explain(session: AsyncSession, case_id: UUID, decision: Decision, now: datetime) -> None:
    """Writes down why; the latest decision on a case, or a place in line, is kept."""
    told = DECISIONS.dump_python(decision, mode="json")
    await _EXPLAIN(session, [{"case_id": case_id, "decided_at": now, "decision": told}])


def redirect(placing: Placing, decision: Decision) -> None:
    """Tells that the client goes elsewhere than asked for, if they do."""
    if decision.redirected is None:
        return
    placing.events.add(
        CaseRedirected,
        at=placing.now,
        team=decision.team,
        about=placing.referrals[0].referral_id,
        from_team=decision.redirected_from,
        reason=str(decision.redirected),
    )


async def open_case(
    session: AsyncSession, placing: Placing, team: Team, workers: Sequence[UUID]
) -> None:
    """Opens the case of a client whom the decision gives to workers; adds its events."""
    due = contact_due(team, placing)
    _tell_assigned(placing, team, workers, due)
    place = placing.place
    case = Case(
        id=place.id,
        client_ref=place.client_ref,
        team=team.id,
        status=CaseStatus.ASSIGNED,
        county=team.county,
        municipality=place.municipality,
        urgency=place.urgency,
        opened_at=placing.now,
        contact_due_at=due,
        version=placing.events.version,
    )
    await insert_row(session, case)
    pairs = [{"case_id": place.id, "worker_id": worker} for worker in workers]
    await insert_all(session, CaseWorker, pairs)


def _tell_assigned(placing: Placing, team: Team, workers: Sequence[UUID], due: datetime) -> None:
    asking = [referral for referral in placing.referrals if not referral.again]
    for nth, referral in enumerate(asking):
        placing.events.add(
            ReferralAccepted,
            at=placing.now,
            team=team.id,
            about=referral.referral_id,
            contact_due_at=due,
            joined_open_case=nth > 0,
            assessment_due_on=placing.assessment_due_on,
        )
    placing.events.add(
        CaseAssigned,
        at=placing.now,
        team=team.id,
        workers=tuple(workers),
        opened_at=placing.now,
        contact_due_at=due,
        county=team.county,
        municipality=placing.place.municipality,
        assessment_due_on=placing.assessment_due_on,
    )


async def wait(session: AsyncSession, placing: Placing, team: Team | None) -> None:
    """Keeps a new place in line, for a team or for whichever serves the client one day."""
    placing.place.team = team.id if team else None
    tell_waiting(placing, placing.referrals[0].referral_id, team)
    await insert_row(session, placing.place)


def tell_waiting(placing: Placing, referral_id: UUID, team: Team | None) -> None:
    """Tells that the place answers this referral now, and moves the place on."""
    place = placing.place
    place.contact_due_at = contact_due(team, placing)
    placing.events.add(
        CaseWaitlisted,
        at=placing.now,
        team=place.team,
        about=referral_id,
        contact_due_at=place.contact_due_at,
        assessment_due_on=placing.assessment_due_on,
    )
    place.version = placing.events.version
