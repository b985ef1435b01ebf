"""When room appears, those who wait get it: a case closes, a worker comes or is back, a team is
changed, a pause ends; what time alone brings is found by the sweep.

In the same transaction, as long as there is room, in the order of the line. Whoever waits for no
team in particular, or for another one, is in the same line, if the team serves them. Nobody is
passed by: anybody with room can begin with anybody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment import choosing, guideline, placing, queries, rules
from services.caseload.assignment.rules import Decision, Room
from services.caseload.tables import Team, WaitlistPlace
from services.caseload.waitlist.places import standing
from services.caseload.waitlist.rules import priority
from shared import outbox
from shared.clock import utc_now
from shared.statements import Prepared


async def drain(
    session: AsyncSession, team_ids: Collection[UUID], *, now: datetime | None = None
) -> list[outbox.Message]:
    """Gives the teams' room to those who wait; the events, for the caller to append last."""
    now = now or utc_now()
    teams = await queries.lock_teams(session, team_ids)
    messages, _ = await give_room(session, teams, now)
    return messages


async def give_room(
    session: AsyncSession,
    teams: Mapping[UUID, Team],
    now: datetime,
    *,
    ahead_of: WaitlistPlace | None = None,
) -> tuple[list[outbox.Message], list[Room]]:
    """Like `drain`, of locked teams; only to those who stand ahead of a place that is to come.

    Returns also what the teams' workers have to do after it.
    """
    messages: list[outbox.Message] = []
    rooms = []
    for room in await queries.rooms_of(session, teams.values(), now=now):
        team = teams[room.id]
        seated, left = await _give(session, team, room, now, ahead_of)
        average = rules.average_caseload(left)
        messages += [*seated, *guideline.note(team, len(left.workers), average, now)]
        rooms.append(left)
    return messages, rooms


async def _give(
    session: AsyncSession, team: Team, room: Room, now: datetime, ahead_of: WaitlistPlace | None
) -> tuple[list[outbox.Message], Room]:
    messages: list[outbox.Message] = []
    line = await _line(session, team, now, ahead_of) if _is_free(room) else []
    for place in line:
        decision = _decide(place, room)
        if decision.workers:
            messages += await _seat(session, place, team, decision, now)
            (room,) = await queries.rooms_of(session, [team], now=now)
        if not _is_free(room):
            break
    return messages, room


def _is_free(room: Room) -> bool:
    weight = queries.new_weight()
    return any(choosing.fits(worker, weight) for worker in room.workers)


async def _line(
    session: AsyncSession, team: Team, now: datetime, ahead_of: WaitlistPlace | None
) -> list[WaitlistPlace]:
    """Who may be taken by the team, first in line first. Locked in the order of ids."""
    found = await _LOCK_LINE(
        session,
        team=team.id,
        county=team.county,
        municipalities=team.municipalities,
        guidance_unit=team.guidance_unit,
    )
    places = await _places(session, [place_id for (place_id,) in found]) if found else []
    line = sorted(places, key=lambda place: priority(standing(place), now))
    if ahead_of is None:
        return line
    limit = priority(standing(ahead_of), now)
    return [place for place in line if priority(standing(place), now) < limit]


def _lock_line() -> Prepared:
    covered = col(WaitlistPlace.municipality) == any_(
        bindparam("municipalities", type_=ARRAY(String))
    )
    near = or_(col(WaitlistPlace.county) == bindparam("county", type_=String), covered)
    return Prepared(
        select(col(WaitlistPlace.id))
        .where(
            or_(
                col(WaitlistPlace.team) == bindparam("team", type_=Uuid),
                and_(col(WaitlistPlace.team).is_(None), near),
                and_(covered, *_may_go_elsewhere()),
            )
        )
        .order_by(col(WaitlistPlace.id))
        .with_for_update()
    )


def _may_go_elsewhere() -> tuple[ColumnElement[bool], ...]:
    """Of those who wait for others, a team may take whom neither an agreement leaves to the
    guidance unit, nor a return binds to the team that knows them."""
    return (
        not_(bindparam("guidance_unit", type_=Boolean)),
        col(WaitlistPlace.redirect_reason).is_(None),
        func.jsonb_array_length(col(WaitlistPlace.earlier_workers)) == 0,
    )


_LOCK_LINE = _lock_line()


async def _places(session: AsyncSession, ids: Sequence[UUID]) -> Iterable[WaitlistPlace]:
    return await session.scalars(
        select(WaitlistPlace)
        .where(col(WaitlistPlace.id).in_(ids))
        .execution_options(populate_existing=True)
    )


def _decide(place: WaitlistPlace, room: Room) -> Decision:
    need = queries.need_of(place)
    if place.team == room.id and not place.waits_for_intake:
        return rules.decide_within(need, room)
    return rules.decide(need, [room])


async def _seat(
    session: AsyncSession, place: WaitlistPlace, team: Team, decision: Decision, now: datetime
) -> list[outbox.Message]:
    seating = await placing.begin(session, place, now)
    await placing.explain(session, place.id, decision, now)
    placing.redirect(seating, decision)
    await placing.open_case(session, seating, team, decision.workers)
    await session.execute(delete(WaitlistPlace).where(col(WaitlistPlace.id) == place.id))
    return seating.events.messages
