"""When room appears (a case closes, a worker or a team is changed), those who wait get it.

In the same transaction, as long as there is room: first the most urgent, among equals the one who
has waited longest. Whoever waits for no team in particular is in the same line, if the team serves
them. Nobody is passed by: anybody with room can begin with anybody.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment import placing, queries, rules
from services.caseload.assignment.rules import Decision, Room
from services.caseload.tables import Team, WaitlistPlace
from shared import outbox
from shared.clock import utc_now
from shared.contracts.codes import Urgency


async def drain(session: AsyncSession, team_ids: Collection[UUID]) -> list[outbox.Message]:
    """Gives the teams' room to those who wait; the events, for the caller to append last."""
    now = utc_now()
    messages: list[outbox.Message] = []
    teams = await queries.lock_teams(session, col(Team.id).in_(team_ids))
    for team in teams.values():
        messages += await _drain_team(session, team, now)
    return messages


async def _drain_team(session: AsyncSession, team: Team, now: datetime) -> list[outbox.Message]:
    messages: list[outbox.Message] = []
    room = await _room(session, team)
    line = await _line(session, team) if _is_free(room) else []
    for place in line:
        decision = _decide(place, room)
        if decision.workers:
            messages += await _seat(session, place, team, decision, now)
            room = await _room(session, team)
        if not _is_free(room):
            break
    return messages


def _is_free(room: Room) -> bool:
    return any(map(rules.has_room, room.workers))


async def _room(session: AsyncSession, team: Team) -> Room:
    (room,) = await queries.rooms_of(session, [team])
    return room


async def _line(session: AsyncSession, team: Team) -> list[WaitlistPlace]:
    """Who may wait for the team, first in line first. Locked in the order of ids."""
    near = or_(
        col(WaitlistPlace.county) == team.county,
        col(WaitlistPlace.municipality).in_(team.municipalities),
    )
    places = await session.scalars(
        select(WaitlistPlace)
        .where(
            or_(
                col(WaitlistPlace.team) == team.id,
                and_(col(WaitlistPlace.team).is_(None), near),
            )
        )
        .order_by(col(WaitlistPlace.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return sorted(places, key=_turn)


def _turn(place: WaitlistPlace) -> tuple[int, datetime, UUID]:
    return rules.BY_URGENCY.index(Urgency(place.urgency)), place.received_at, place.id


def _decide(place: WaitlistPlace, room: Room) -> Decision:
    need = queries.need_of(place)
    if place.team == room.id:
        return rules.decide_within(need, room)
    return rules.decide(need, [room])


async def _seat(
    session: AsyncSession, place: WaitlistPlace, team: Team, decision: Decision, now: datetime
) -> list[outbox.Message]:
    seating = await placing.begin(session, place, now)
    await placing.explain(session, seating, decision)
    placing.redirect(seating, decision)
    await placing.open_case(session, seating, team, decision.workers)
    await session.execute(delete(WaitlistPlace).where(col(WaitlistPlace.id) == place.id))
    return seating.events.messages
