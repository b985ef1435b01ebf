"""A client who is new in line: workers of a team take them, or their place in line is kept.

Those who have waited longer, or need help sooner, get free room first. For callers inside a
transaction that holds the client's lock and no place or case.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.assignment import draining, guideline, placing, queries, rules
from services.caseload.assignment.placing import Placing
from services.caseload.assignment.rules import Decision
from services.caseload.tables import Team
from shared import outbox


async def seat(session: AsyncSession, beginning: Placing) -> list[outbox.Message]:
    """Finds workers or a place for a client whose place is not stored yet, but whose referrals
    are. Adds their events; returns those of others, to append last."""
    place, now = beginning.place, beginning.now
    need = queries.need_of(place)
    teams = await queries.lock_teams_for(session, need)
    others, rooms = await draining.give_room(session, teams, now, ahead_of=place)
    decision = rules.decide(need, rooms)
    await placing.explain(session, place.id, decision, now)
    placing.redirect(beginning, decision)
    team = teams[decision.team] if decision.team else None
    if team is None or not decision.workers:
        place.waits_for_intake = rules.is_held(decision)
        await placing.wait(session, beginning, team)
        return others
    await placing.open_case(session, beginning, team, decision.workers)
    return [*others, *over_guideline(team, rooms, decision, now)]


async def seat_within(
    session: AsyncSession, beginning: Placing, team_id: UUID
) -> tuple[bool, list[outbox.Message]]:
    """Workers of this very team take a client who comes back to it, if there is room.

    Returns whether there is, and the events of others, to append last.
    """
    place, now = beginning.place, beginning.now
    teams = await queries.lock_teams(session, [team_id])
    others, rooms = await draining.give_room(session, teams, now, ahead_of=place)
    decision = rules.decide_within(queries.need_of(place), rooms[0])
    await placing.explain(session, place.id, decision, now)
    if not decision.workers:
        return False, others
    team = teams[team_id]
    await placing.open_case(session, beginning, team, decision.workers)
    return True, [*others, *over_guideline(team, rooms, decision, now)]


def over_guideline(
    team: Team, rooms: list[rules.Room], decision: Decision, now: datetime
) -> list[outbox.Message]:
    """Tells it when what the decision gives the team takes it over its guideline."""
    room = next(room for room in rooms if room.id == team.id)
    average = rules.average_caseload(room, more=len(decision.workers))
    return guideline.note(team, len(room.workers), average, now)
