"""The sender says that the client lives elsewhere, or wishes for another team.

Who waits is routed again, and keeps the moment of their arrival: nobody waits where nobody serves
them. Who has workers keeps them, and it is said why. Who came back waits for the team that knows
them, wherever they live now.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment import draining, placing, queries, rules, seating
from services.caseload.assignment.why import Why
from services.caseload.tables import AssignmentExplanation, Case, Team, WaitlistPlace
from shared import outbox
from shared.contracts.codes import AmendedField
from shared.contracts.municipalities import county_of
from shared.contracts.referral import ReferralAmended

Teams = Mapping[UUID, Team]


async def lock_teams(session: AsyncSession, place_id: UUID, data: ReferralAmended) -> Teams | None:
    """The teams that may serve the client of a place from now on, locked; None when nothing that
    decides it has changed. Before the place itself, as whoever gives room away does it."""
    place = await session.get(WaitlistPlace, place_id)
    if place is None or place.earlier_workers or not _is_moved(place, data):
        return None
    need = replace(
        queries.need_of(place),
        municipality=_municipality(place, data),
        wished_team=_wish(place, data),
    )
    return await queries.lock_teams_for(session, need)


async def route(
    session: AsyncSession, place: WaitlistPlace, data: ReferralAmended, teams: Teams, now: datetime
) -> list[outbox.Message]:
    """Gives the client workers of one of these teams, or a place in its line. The events."""
    before, place.wished_team = place.team, _wish(place, data)
    live_in(place, data)
    others, rooms = await draining.give_room(session, teams, now, ahead_of=place)
    decision = rules.decide(queries.need_of(place), rooms)
    moving = await placing.begin(session, place, now)
    await placing.explain(session, place.id, decision, now)
    if decision.team != before:
        placing.redirect(moving, decision)
        place.stands_as = None
    team = teams[decision.team] if decision.team else None
    if team is not None and decision.workers:
        await placing.open_case(session, moving, team, decision.workers)
        await session.execute(delete(WaitlistPlace).where(col(WaitlistPlace.id) == place.id))
        return [
            *others,
            *moving.events.messages,
            *seating.over_guideline(team, rooms, decision, now),
        ]
    place.team, place.waits_for_intake = decision.team, rules.is_held(decision)
    placing.tell_waiting(moving, data.aggregate_id, team)
    return [*others, *moving.events.messages]


def live_in(place: WaitlistPlace, data: ReferralAmended) -> None:
    """Where the client lives now, by the newest word."""
    place.municipality = _municipality(place, data)
    place.county = county_of(place.municipality)


def has_moved(answering: Case | WaitlistPlace, data: ReferralAmended) -> bool:
    """Whether the sender says that the client lives elsewhere than was known."""
    return AmendedField.CLIENT in data.changed and data.municipality != answering.municipality


async def explain_staying(session: AsyncSession, case: Case, data: ReferralAmended) -> None:
    """Says with the assignment that the workers keep a client whose municipality is not their
    team's any more; or no longer, once it is again."""
    told = await session.get(AssignmentExplanation, case.id)
    if told is None or AmendedField.CLIENT not in data.changed:
        return
    team = await session.get_one(Team, case.team)
    decision = placing.DECISIONS.validate_python(told.decision)
    notes: tuple[Why, ...] = tuple(note for note in decision.notes if note != Why.LIVES_ELSEWHERE)
    if data.municipality not in team.municipalities and not team.guidance_unit:
        notes = (*notes, Why.LIVES_ELSEWHERE)
    if notes != decision.notes:
        staying = replace(decision, notes=notes)
        await placing.explain(session, case.id, staying, told.decided_at)


def _is_moved(place: WaitlistPlace, data: ReferralAmended) -> bool:
    return has_moved(place, data) or _wish(place, data) != place.wished_team


def _municipality(place: WaitlistPlace, data: ReferralAmended) -> str:
    return data.municipality if AmendedField.CLIENT in data.changed else place.municipality


def _wish(place: WaitlistPlace, data: ReferralAmended) -> UUID | None:
    return data.wished_team if AmendedField.TEAM in data.changed else place.wished_team
