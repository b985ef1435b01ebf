"""A client comes back: a new period, linked to the old one, in one transaction.

The workers who know the client have them again if there is room, else the client waits for the
team. What the client had consented to is to be asked anew. Locks are taken as everywhere: client,
place, case, team, keys of the outbox.
"""

from collections.abc import Collection
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import CompoundSelect, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment import placing, seating
from services.caseload.assignment.choosing import Need
from services.caseload.assignment.commands import lock_client
from services.caseload.assignment.placing import Placing
from services.caseload.assignment.queries import open_case_of, place_of, referrals_of
from services.caseload.cases import queries as cases
from services.caseload.cases.changing import Change, lock_case
from services.caseload.deadlines import clocks
from services.caseload.notices import Sign, notice
from services.caseload.persons import queries as persons
from services.caseload.returns import rules
from services.caseload.returns.schemas import ReturnBody, ReturnView
from services.caseload.tables import (
    AssignmentExplanation,
    Case,
    CaseClock,
    CaseLife,
    CaseReferral,
    CaseWorker,
    Team,
    WaitlistPlace,
)
from shared import audit, outbox, telemetry
from shared.clock import utc_now
from shared.contracts.case_life import CaseReturned
from shared.contracts.codes import AgeGroup, CaseStatus, ClosingReason, Reason
from shared.contracts.consent import ConsentDenied, ConsentEvent, ConsentRefused
from shared.crypto import BlindIndex
from shared.idempotency import Answer, once
from shared.ids import new_id
from shared.messages import Received
from shared.problems import CONFLICT, ILLEGAL_TRANSITION, RETURN_WINDOW_OVER, Problem
from shared.web import etag


async def come_back(
    session: AsyncSession, index: BlindIndex, change: Change, body: ReturnBody, *, days: int
) -> Answer:
    """Begins a new period. Raises `illegal_transition` for a case that has not ended, `conflict`
    when the client is a client already, `return_window_over` after more than so many days, or
    as many as the team says."""
    request = change.request(index, "return", body.model_dump(mode="json"))

    async def work() -> Answer:
        now = utc_now()
        case, refs = await _lock_ended(session, change)
        telemetry.tag(case_id=str(case.id))
        await _check(session, case, refs, now, days)
        place = await _new_place(session, case, body, now)
        await _note_referrals(session, case, place)
        session.add(CaseLife(case_id=place.id, previous_case=case.id, consent_to_ask=True))
        clocks.start(session, place, now, await session.get(CaseClock, case.id))
        beginning = await placing.begin(session, place, now)
        has_room, others = await _seat(session, case, beginning)
        entries = [cases.entry("case.return", case), _entry(place)]
        await session.flush()
        await audit.record(session, change.caller, *entries)
        await outbox.append(session, [*others, *beginning.events.messages])
        return _answer(case, beginning, has_room)

    async with session.begin():
        return await once(session, request, work)


async def note_consent(session: AsyncSession, event: Received) -> None:
    """Whoever was asked what they consent to need not be asked again once they answered: yes, no,
    or no longer; and whichever ref of theirs the answer came under. An answer of before the period
    began, come late or replayed, is none to the question of now."""
    client_ref = cast(ConsentEvent | ConsentDenied | ConsentRefused, event.data).client_ref
    begun_later = select(col(CaseClock.case_id)).where(
        col(CaseClock.pending_since) > event.data.occurred_at
    )
    await persons.hold(session)
    refs = await persons.refs_of(session, client_ref)
    asked = col(CaseLife.consent_to_ask)
    answered_as_another = and_(
        col(CaseLife.consent_answered_under).is_not(None),
        col(CaseLife.case_id).in_(_going_on([client_ref])),
    )
    await session.execute(
        update(CaseLife)
        .where(
            col(CaseLife.case_id).in_(_going_on(refs)),
            col(CaseLife.case_id).not_in(begun_later),
            or_(asked, answered_as_another),
        )
        .values(consent_to_ask=False, consent_answered_under=client_ref)
    )


async def ask_again(
    session: AsyncSession, refs: Collection[UUID], others: Collection[UUID]
) -> None:
    """What was answered under refs that turned out to be another person's was not answered."""
    await session.execute(
        update(CaseLife)
        .where(
            col(CaseLife.case_id).in_(_going_on(refs)),
            col(CaseLife.consent_answered_under).in_(others),
        )
        .values(consent_to_ask=True, consent_answered_under=None)
    )


def _going_on(refs: Collection[UUID]) -> CompoundSelect[UUID]:
    """The ids of open cases and places in line under some refs."""
    cases_of = select(col(Case.id)).where(
        col(Case.client_ref).in_(refs), col(Case.status) != CaseStatus.CLOSED
    )
    places_of = select(col(WaitlistPlace.id)).where(col(WaitlistPlace.client_ref).in_(refs))
    return cases_of.union_all(places_of)


async def _lock_ended(session: AsyncSession, change: Change) -> tuple[Case, frozenset[UUID]]:
    """The case under the lock of its client, which comes before that of the case itself, and all
    refs of the client."""
    client_ref = await cases.client_of(session, change.caller, change.case_id)
    refs = await lock_client(session, client_ref)
    if await place_of(session, client_ref, refs) is not None:
        raise Problem(CONFLICT, "The client waits in line already.")
    return await lock_case(session, change), refs


async def _check(
    session: AsyncSession, case: Case, refs: frozenset[UUID], now: datetime, days: int
) -> None:
    reason = ClosingReason(case.closing_reason) if case.closing_reason else None
    if case.closed_at is None or not rules.allows_return(CaseStatus(case.status), reason):
        ended = f"{case.status} ({reason})" if reason else case.status
        raise Problem(ILLEGAL_TRANSITION, f"Nobody comes back to a case that is {ended}.")
    if await open_case_of(session, case.client_ref, refs) is not None:
        raise Problem(CONFLICT, "The client is a client already, in another case.")
    later = select(col(CaseLife.case_id)).where(col(CaseLife.previous_case) == case.id)
    if await session.scalar(later) is not None:
        raise Problem(CONFLICT, "The client came back from this case once: see the later one.")
    team = await session.get_one(Team, case.team)
    window = days if team.return_window_days is None else team.return_window_days
    if not rules.is_within_window(case.closed_at, now, window):
        raise Problem(RETURN_WINDOW_OVER)


async def _new_place(
    session: AsyncSession, case: Case, body: ReturnBody, now: datetime
) -> WaitlistPlace:
    """What the client was referred for, and who knows them."""
    need = await _need(session, case)
    theirs = select(col(CaseWorker.worker_id)).where(col(CaseWorker.case_id) == case.id)
    workers = (await session.scalars(theirs)).all()
    return WaitlistPlace(
        id=new_id(),
        client_ref=case.client_ref,
        team=case.team,
        county=case.county,
        municipality=case.municipality,
        age_group=need.age_group,
        reasons=sorted(map(str, body.reasons or need.reasons)),
        language=need.language,
        wished_team=case.team,
        earlier_workers=sorted(map(str, workers)),
        urgency=body.urgency or case.urgency,
        received_at=now,
        contact_due_at=now,
    )


async def _need(session: AsyncSession, case: Case) -> Need:
    """As the case was assigned for; cases of imported history do not tell."""
    told = await session.get(AssignmentExplanation, case.id)
    need = placing.DECISIONS.validate_python(told.decision).need if told else None
    unknown = Need(case.municipality, AgeGroup.UNKNOWN, frozenset({Reason.OTHER}), "fi")
    return need or unknown


async def _note_referrals(session: AsyncSession, case: Case, place: WaitlistPlace) -> None:
    """The new period answers the referrals of the old one again, from now on."""
    for referral in await referrals_of(session, case.id):
        await session.execute(
            insert(CaseReferral).values(
                referral_id=referral.referral_id,
                case_id=place.id,
                source_kind=referral.source_kind,
                urgency=place.urgency,
                received_at=place.received_at,
                again=True,
                told_under=referral.told_under,
            )
        )


async def _seat(
    session: AsyncSession, case: Case, beginning: Placing
) -> tuple[bool, list[outbox.Message]]:
    place = beginning.place
    beginning.events.add(
        CaseReturned,
        at=beginning.now,
        team=case.team,
        previous_case=case.id,
        previous_closed_at=case.closed_at,
    )
    has_room, others = await seating.seat_within(session, beginning, case.team)
    place.contact_due_at = placing.contact_due(await session.get_one(Team, case.team), beginning)
    place.version = beginning.events.version
    if not has_room:
        await session.execute(insert(WaitlistPlace).values(**place.model_dump()))
    return has_room, others


def _entry(place: WaitlistPlace) -> audit.Entry:
    return audit.Entry(
        "case.open", "case", subject_id=place.id, client_ref=place.client_ref, purpose="care"
    )


def _answer(case: Case, beginning: Placing, has_room: bool) -> Answer:
    place = beginning.place
    view = ReturnView(
        id=place.id,
        previous_case=case.id,
        client_ref=case.client_ref,
        status="assigned" if has_room else "waitlisted",
        team=case.team,
        contact_due_at=place.contact_due_at,
        open_questions=[notice(Sign.CONSENT_TO_BE_ASKED)],
    )
    headers = {"Location": f"/v1/cases/{place.id}", "ETag": etag(place.version)}
    return Answer(201, view.model_dump(mode="json"), headers)
