"""What came while two were taken for one goes to whose it is.

For callers inside a transaction that alone says who is whom. Cases and places are locked in the
order of their ids, and teams after them, when a referral asks anew: should that close a circle with
somebody who gives room away, the database undoes this transaction, and the event is taken again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.commands import take
from services.caseload.assignment.queries import open_case_of, place_of, referrals_of
from services.caseload.assignment.releasing import release
from services.caseload.case_events import CaseEvents
from services.caseload.persons import rules
from services.caseload.persons.rules import Answered, Answering, Parting
from services.caseload.placements.commands import give_to
from services.caseload.tables import (
    AssignmentExplanation,
    Case,
    CaseLife,
    CaseReferral,
    NamedReferral,
    ServiceGap,
    WaitlistPlace,
)
from shared import audit, outbox
from shared.auth import Caller
from shared.contracts.caseload import CaseClientCorrected
from shared.contracts.codes import CaseStatus
from shared.contracts.referral import ReferralReceived

REGISTER = Caller("nopsa-caseload", "nopsa-caseload", frozenset())
"""Who acts when one person turns out to be two: the service itself, told by an event."""

Messages = list[outbox.Message]


async def name(session: AsyncSession, parting: Parting, referral_ids: Collection[UUID]) -> None:
    """The goer's are these referrals, also those that came, or are still to come, under another
    ref."""
    known = await session.scalars(
        select(col(CaseReferral.referral_id)).where(col(CaseReferral.referral_id).in_(referral_ids))
    )
    late = sorted(set(referral_ids) - set(known))
    if late:
        rows = [{"referral_id": each, "client_ref": parting.goer} for each in late]
        upsert = insert(NamedReferral).values(rows)
        await session.execute(
            upsert.on_conflict_do_update(
                index_elements=[col(NamedReferral.referral_id)],
                set_={"client_ref": upsert.excluded.client_ref},
            )
        )
    told_under = col(CaseReferral.told_under)
    await session.execute(
        update(CaseReferral)
        .where(
            col(CaseReferral.referral_id).in_(referral_ids),
            or_(told_under.is_(None), told_under.not_in(parting.theirs)),
        )
        .values(told_under=parting.goer)
    )


async def give_back(session: AsyncSession, parting: Parting, now: datetime) -> Messages:
    """What answers referrals of the goer alone becomes theirs; of what answers referrals of both,
    those of the other one ask anew. The events, to append last.

    Should the goer have an open case of their own beside one that is all theirs, which only events
    that overtook one another can bring about, the other one stays where it is.
    """
    messages: Messages = []
    asking: list[ReferralReceived] = []
    for holder_id in await _concerned(session, parting):
        holder = await _lock(session, holder_id)
        if holder is None or holder.client_ref not in parting.theirs | parting.ours:
            continue
        referrals = await referrals_of(session, holder_id)
        what = await _answering(session, parting, holder, referrals)
        if rules.goes_along(what):
            if not (what.is_open and await _has_something_open(session, parting.goer)):
                messages += await _hand_over(session, holder, referrals, parting.goer, now)
            continue
        gone = set(rules.leaving(what))
        left = [referral for referral in referrals if referral.referral_id in gone]
        asking += [_as_told(referral) for referral in left]
        messages += await release(session, holder, gone, now)
    for data in asking:
        refs = parting.theirs if data.client_ref in parting.theirs else parting.ours
        events, others = await take(session, data, refs, now)
        messages += [*others, *events.messages]
    return messages


async def _concerned(session: AsyncSession, parting: Parting) -> Sequence[UUID]:
    """What may answer a referral that is not its client's."""
    cases = select(col(Case.id)).where(col(Case.client_ref).in_(parting.theirs))
    places = select(col(WaitlistPlace.id)).where(col(WaitlistPlace.client_ref).in_(parting.theirs))
    case_id, told_under = col(CaseReferral.case_id), col(CaseReferral.told_under)
    theirs = select(case_id).where(told_under.in_(parting.theirs))
    ours = select(case_id).where(told_under.in_(parting.ours), case_id.in_(cases.union_all(places)))
    return sorted(await session.scalars(theirs.union(ours)))


async def _lock(session: AsyncSession, holder_id: UUID) -> Case | WaitlistPlace | None:
    place = await session.get(WaitlistPlace, holder_id, with_for_update=True)
    return place or await session.get(Case, holder_id, with_for_update=True)


async def _answering(
    session: AsyncSession,
    parting: Parting,
    holder: Case | WaitlistPlace,
    referrals: Sequence[CaseReferral],
) -> Answering:
    is_theirs = holder.client_ref in parting.theirs
    return Answering(
        is_theirs=is_theirs,
        is_open=isinstance(holder, WaitlistPlace) or holder.status != CaseStatus.CLOSED,
        began_of_itself=await _began_of_itself(session, parting, holder.id),
        answered=[
            Answered(
                referral.referral_id,
                parting.is_theirs(referral.told_under, otherwise=is_theirs),
                asks=not (referral.withdrawn_at or referral.again or referral.told is None),
            )
            for referral in referrals
        ],
    )


async def _began_of_itself(session: AsyncSession, parting: Parting, holder_id: UUID) -> bool:
    life = await session.get(CaseLife, holder_id)
    if life is None or life.previous_case is None:
        return await session.get(AssignmentExplanation, holder_id) is None
    earlier = await session.get(Case, life.previous_case)
    return earlier is None or earlier.client_ref not in parting.theirs


async def _has_something_open(session: AsyncSession, client_ref: UUID) -> bool:
    place = await place_of(session, client_ref, [client_ref])
    return place is not None or await open_case_of(session, client_ref, [client_ref]) is not None


async def _hand_over(
    session: AsyncSession,
    holder: Case | WaitlistPlace,
    referrals: Sequence[CaseReferral],
    goer: UUID,
    now: datetime,
) -> Messages:
    """The case or place is the goer's, with all that belongs to it."""
    before, holder.client_ref = holder.client_ref, goer
    referral_ids = tuple(referral.referral_id for referral in referrals)
    events = CaseEvents(holder.id, goer, referral_ids, holder.version)
    events.add(CaseClientCorrected, at=now, team=holder.team, before=before)
    holder.version = events.version
    await session.execute(
        update(ServiceGap).where(col(ServiceGap.case_id) == holder.id).values(client_ref=goer)
    )
    placements = await give_to(session, holder.id, goer, now)
    entry = audit.Entry("case.correct_client", "case", subject_id=holder.id, client_ref=goer)
    await audit.record(session, REGISTER, entry)
    return [*events.messages, *placements]


def _as_told(referral: CaseReferral) -> ReferralReceived:
    """The referral as it was told, under the ref that it is known to be of."""
    data = ReferralReceived.model_validate(referral.told)
    return data.model_copy(update={"client_ref": referral.told_under})
