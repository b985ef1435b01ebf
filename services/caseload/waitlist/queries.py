"""Reading who waits, in the order in which room will be given; logged in the transaction."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.persons.queries import refs_of
from services.caseload.persons.showing import Company, company_of
from services.caseload.reasons import LeadsDecision, decisions_on
from services.caseload.sight import in_sight
from services.caseload.tables import CaseReferral, WaitlistPlace
from services.caseload.waitlist import cursor as positions
from services.caseload.waitlist.places import own_place, standing
from services.caseload.waitlist.rules import explain, priority
from services.caseload.waitlist.schemas import PlaceView
from services.caseload.wording import because
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import Reason, Urgency
from shared.crypto import FieldCipher
from shared.pagination import Page


async def list_places(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    team: UUID | None,
    client_ref: UUID | None = None,
    *,
    limit: int,
    cursor: str | None,
    language: str,
) -> Page[PlaceView]:
    """A page of the line, first the next. Places for no team are an administrator's to see."""
    behind, now = positions.decode(cursor) if cursor else (None, utc_now())
    async with session.begin():
        line = await line_of(session, caller, team, now)
        ranks = _ranks(line)
        if client_ref is not None:
            refs = await refs_of(session, client_ref)
            line = [place for place in line if place.client_ref in refs]
        rows = [
            place for place in line if behind is None or priority(standing(place), now) > behind
        ]
        shown = rows[:limit]
        details = await _details(session, cipher, shown)
        await audit.record(session, caller, *[entry("waitlist.read", place) for place in shown])
        last = positions.encode(priority(standing(shown[-1]), now), now) if shown else None
        return Page(
            items=[_view(place, ranks[place.id], details, now, language) for place in shown],
            next=last if len(rows) > limit else None,
        )


async def line_of(
    session: AsyncSession, caller: Caller, team: UUID | None, now: datetime
) -> list[WaitlistPlace]:
    """Who waits, of those the caller may see, in order."""
    conditions = [in_sight(caller, col(WaitlistPlace.team))]
    if team is not None:
        conditions.append(col(WaitlistPlace.team) == team)
    places = await session.scalars(select(WaitlistPlace).where(*conditions))
    return sorted(places, key=lambda place: priority(standing(place), now))


def entry(action: str, place: WaitlistPlace) -> audit.Entry:
    """The audit row of an act on a place in line."""
    return audit.Entry(
        action,
        "waitlist_place",
        subject_id=place.id,
        client_ref=place.client_ref,
        purpose="coordination",
    )


async def view_of(
    session: AsyncSession,
    cipher: FieldCipher,
    place: WaitlistPlace,
    line: Sequence[WaitlistPlace],
    now: datetime,
    language: str,
) -> PlaceView:
    """One place of a line."""
    details = await _details(session, cipher, [place])
    return _view(place, _ranks(line)[place.id], details, now, language)


def _ranks(line: Sequence[WaitlistPlace]) -> dict[UUID, int]:
    """By place, how many wait for the same team up to it."""
    counts: dict[UUID | None, int] = defaultdict(int)
    ranks = {}
    for place in line:
        counts[place.team] += 1
        ranks[place.id] = counts[place.team]
    return ranks


Details = tuple[dict[UUID, list[UUID]], dict[UUID, list[LeadsDecision]], Company]


async def _details(
    session: AsyncSession, cipher: FieldCipher, places: Sequence[WaitlistPlace]
) -> Details:
    """By place, the referrals it answers and what leads decided of it; and whose they are."""
    place_ids = [place.id for place in places]
    rows = await session.execute(
        select(col(CaseReferral.case_id), col(CaseReferral.referral_id))
        .where(col(CaseReferral.case_id).in_(place_ids))
        .order_by(col(CaseReferral.received_at), col(CaseReferral.referral_id))
    )
    referrals: dict[UUID, list[UUID]] = defaultdict(list)
    for case_id, referral_id in rows:
        referrals[case_id].append(referral_id)
    decisions = await decisions_on(session, cipher, place_ids)
    return referrals, decisions, await company_of(session, places)


def _view(
    place: WaitlistPlace, rank: int, details: Details, now: datetime, language: str
) -> PlaceView:
    referrals, decisions, company = details
    moved = place.stands_as is not None
    return PlaceView(
        id=place.id,
        client_ref=place.client_ref,
        team=place.team,
        rank=rank,
        why=because(explain(own_place(place), moved, place.waits_for_intake, now), language),
        referral_ids=referrals[place.id],
        municipality=place.municipality,
        urgency=Urgency(place.urgency),
        reasons=[Reason(reason) for reason in place.reasons],
        leaves_institution_on=place.leaves_institution_on,
        received_at=place.received_at,
        contact_due_at=place.contact_due_at,
        decisions=decisions[place.id],
        **company.of(place),
    )
