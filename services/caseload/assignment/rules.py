"""Which team takes a client, which of its workers, and why; pure.

Teams in line: those that cover the municipality, serve the target group and take referrals of this
source; the wished one first, then the least loaded. A referral beyond the sender's agreement is for
the county's guidance unit, and so is one that no team serves. One that comes to a team which has
paused its source goes where that team said, else to another team, else to the guidance unit. The
first in line with room takes the client (`choosing`). Nobody is refused: without room they wait
with the first in line.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from services.caseload.assignment import choosing
from services.caseload.assignment.choosing import Colleague, Need
from services.caseload.assignment.why import Why
from shared.contracts.codes import PartnerKind
from shared.contracts.municipalities import county_of


@dataclass(frozen=True)
class Pause:
    """Referrals of this kind of partner go elsewhere for now."""

    source: PartnerKind
    redirect_to: UUID | None = None


@dataclass(frozen=True)
class Room:
    """A team with its workers' loads, and the sources that it has paused."""

    id: UUID
    county: str
    municipalities: frozenset[str]
    target_groups: frozenset[str]
    guidance_unit: bool
    workers: tuple[Colleague, ...]
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True)
class TeamVerdict:
    """A team that was looked at."""

    team: UUID
    in_line: bool
    why: tuple[Why, ...]


@dataclass(frozen=True)
class Candidate:
    """A worker that was looked at, with what their open cases weighed against what they can."""

    worker: UUID
    team: UUID
    score: float
    chosen: bool
    why: tuple[Why, ...]
    load: float = 0.0
    capacity: float = 0.0


@dataclass(frozen=True)
class Decision:
    """Who takes the client: no worker means to wait, and no team that nobody serves them.

    `redirected` says why the client goes elsewhere than to `redirected_from`, or to any team;
    `need` is what it was decided for.
    """

    team: UUID | None
    workers: tuple[UUID, ...]
    redirected: Why | None
    notes: tuple[Why, ...]
    teams: tuple[TeamVerdict, ...]
    candidates: tuple[Candidate, ...]
    redirected_from: UUID | None = None
    need: Need | None = None


@dataclass(frozen=True)
class Route:
    """The teams in line, why they are others than asked for, and who keeps the place if none."""

    line: tuple[Room, ...]
    redirected: Why | None = None
    redirected_from: UUID | None = None
    held_by: Room | None = None


Taker = tuple[Room | None, tuple[Colleague, ...]]


def decide(need: Need, rooms: Sequence[Room]) -> Decision:
    """Who takes the client, of all teams that may matter."""
    return _seat(need, rooms, _route(need, rooms))


def decide_within(need: Need, room: Room) -> Decision:
    """Who of one team takes a client that waits for this team, or comes back to it."""
    return _seat(need, [room], Route((room,)))


def obstacle(need: Need, room: Room) -> Why | None:
    """Why a team is not one for this client; None when it is."""
    if room.guidance_unit:
        return Why.GUIDANCE_UNIT_ASKED_LAST
    if need.municipality not in room.municipalities:
        return Why.MUNICIPALITY_NOT_COVERED
    groups = {str(need.age_group), *map(str, need.reasons)}
    if room.target_groups and groups.isdisjoint(room.target_groups):
        return Why.TARGET_GROUP_NOT_SERVED
    return Why.INTAKE_PAUSED if _pause(need, room) else None


def reassigned(need: Need | None, room: Room, workers: Set[UUID], *, beyond: bool) -> Decision:
    """What a person decided of a case: who of a team has it now, `beyond` what they have room for.

    Without the need of the time, which old cases lack, only those who were picked are told.
    """
    notes = (Why.REASSIGNED, Why.BEYOND_CAPACITY) if beyond else (Why.REASSIGNED,)
    return Decision(
        team=room.id,
        workers=tuple(sorted(workers)),
        redirected=None,
        need=need,
        notes=notes,
        teams=(),
        candidates=tuple(
            _picked(need, room, worker, worker.id in workers)
            for worker in sorted(room.workers, key=lambda w: (w.id not in workers, w.id))
            if need is not None
        ),
    )


def is_held(decision: Decision) -> bool:
    """Whether the client waits for a pause to end, not for room."""
    return Why.WAITS_FOR_INTAKE in decision.notes


def average_caseload(room: Room, more: int = 0) -> float:
    """Open cases a worker of the team has on average, with `more` of them given out."""
    return (sum(worker.open_cases for worker in room.workers) + more) / max(1, len(room.workers))


def _route(need: Need, rooms: Sequence[Room]) -> Route:
    found = {room.id: obstacle(need, room) for room in rooms}
    line = _in_line(need, [room for room in rooms if found[room.id] is None])
    paused = _in_line(need, [room for room in rooms if found[room.id] == Why.INTAKE_PAUSED])
    county = county_of(need.municipality)
    units = _in_line(need, [room for room in rooms if room.guidance_unit and room.county == county])
    wished = need.wished_team if need.wished_team in found else None
    if need.redirect_reason and units:
        return Route(units, Why(need.redirect_reason), wished)
    closed = next((room for room in paused if room.id == wished or not line), None)
    if closed is not None:
        line = _instead(need, closed, rooms) or line or units
        return Route(line, Why.INTAKE_PAUSED, closed.id) if line else Route((), held_by=closed)
    if line:
        return Route(line)
    reason = Why.MUNICIPALITY_NOT_COVERED
    if Why.TARGET_GROUP_NOT_SERVED in found.values():
        reason = Why.TARGET_GROUP_NOT_SERVED
    return Route(units, reason, wished) if units else Route(())


def _pause(need: Need, room: Room) -> Pause | None:
    """A guidance unit never pauses: it takes what no team can."""
    if room.guidance_unit:
        return None
    return next((pause for pause in room.pauses if pause.source == need.source_kind), None)


def _instead(need: Need, closed: Room, rooms: Sequence[Room]) -> tuple[Room, ...]:
    """The team that a closed one redirects to, unless that one is closed too."""
    pause = _pause(need, closed)
    target = pause.redirect_to if pause else None
    return tuple(room for room in rooms if room.id == target and _pause(need, room) is None)


def _in_line(need: Need, rooms: Sequence[Room]) -> tuple[Room, ...]:
    return tuple(sorted(rooms, key=lambda room: _place(need, room)))


def _place(need: Need, room: Room) -> tuple[bool, bool, float, UUID]:
    """Where a team is in line: one whose workers are all away behind all others but the wished."""
    present = [worker for worker in room.workers if not worker.absent]
    capacity = sum(worker.capacity for worker in present)
    load = sum(worker.load for worker in present)
    share = float(load / capacity) if capacity else 1.0
    return room.id != need.wished_team, capacity == 0, share, room.id


def _seat(need: Need, rooms: Sequence[Room], route: Route) -> Decision:
    """The first team in line with room takes the client; else they wait with the first."""
    seats = ((room, choosing.crew(need, room.workers)) for room in route.line)
    first = route.line[0] if route.line else route.held_by
    taker = next((seat for seat in seats if seat[1]), (first, ()))
    in_line = {room.id for room in route.line}
    shown = sorted(rooms, key=lambda room: (room.id not in in_line, _place(need, room)))
    return Decision(
        team=taker[0].id if taker[0] else None,
        workers=tuple(worker.id for worker in taker[1]),
        redirected=route.redirected,
        redirected_from=route.redirected_from,
        need=need,
        notes=_notes(need, taker, route),
        teams=tuple(_verdict(need, room, room.id in in_line) for room in shown),
        candidates=tuple(
            _candidate(need, room, worker, taker, in_line)
            for room in shown
            for worker in sorted(room.workers, key=lambda w: (-choosing.score(need, w), w.id))
        ),
    )


def _notes(need: Need, taker: Taker, route: Route) -> tuple[Why, ...]:
    team, workers = taker
    if team is None:
        return (Why.NO_TEAM,)
    notes = []
    if route.redirected:
        to = Why.REDIRECTED if team.guidance_unit else Why.REDIRECTED_TO_TEAM
        notes += [to, route.redirected]
    if route.held_by:
        notes += [Why.INTAKE_PAUSED, Why.WAITS_FOR_INTAKE]
    elif not workers:
        notes.append(Why.WAITS_FOR_ROOM)
    elif choosing.needs_pair(need):
        notes.append(Why.PAIR_NEEDED if len(workers) > 1 else Why.PAIR_INCOMPLETE)
    return tuple(notes)


def _verdict(need: Need, room: Room, in_line: bool) -> TeamVerdict:
    wished = (Why.WISHED,) if room.id == need.wished_team else ()
    found = obstacle(need, room)
    if not in_line:
        return TeamVerdict(room.id, False, (*wished, found or Why.TEAM_NOT_IN_LINE))
    if room.guidance_unit:
        return TeamVerdict(room.id, True, (*wished, Why.GUIDANCE_UNIT_OF_COUNTY))
    return TeamVerdict(room.id, True, (*wished, Why.TAKES_OVER if found else Why.SERVES))


def _candidate(
    need: Need, room: Room, worker: Colleague, taker: Taker, in_line: Set[UUID]
) -> Candidate:
    outcome = _outcome(need, room, worker, taker, in_line)
    return _told(need, room, worker, outcome, chosen=worker in taker[1])


def _picked(need: Need, room: Room, worker: Colleague, chosen: bool) -> Candidate:
    outcome = Why.NOT_PICKED
    if chosen:
        outcome = Why.REASSIGNED
    elif not choosing.has_room(need, worker):
        outcome = Why.ABSENT if worker.absent else Why.NO_ROOM
    return _told(need, room, worker, outcome, chosen=chosen)


def _told(need: Need, room: Room, worker: Colleague, outcome: Why, *, chosen: bool) -> Candidate:
    return Candidate(
        worker=worker.id,
        team=room.id,
        score=choosing.score(need, worker),
        chosen=chosen,
        why=(outcome, *_qualities(need, worker)),
        load=float(worker.load),
        capacity=float(worker.capacity),
    )


def _outcome(need: Need, room: Room, worker: Colleague, taker: Taker, in_line: Set[UUID]) -> Why:
    team, workers = taker
    if worker in workers:
        return Why.CHOSEN_IN_PAIR if len(workers) > 1 else Why.CHOSEN
    if room.id not in in_line:
        return Why.TEAM_NOT_IN_LINE
    if worker.absent:
        return Why.ABSENT
    if not choosing.has_room(need, worker):
        return Why.NO_ROOM
    return Why.LOWER_SCORE if room is team else Why.OTHER_TEAM_FIRST


def _qualities(need: Need, worker: Colleague) -> tuple[Why, ...]:
    asked = worker.sector in choosing.sectors_asked(need)
    spoken = choosing.speaks(worker, need.language)
    qualities = {
        Why.EARLIER_WORKER: worker.id in need.earlier_workers,
        Why.PROFESSION_ASKED_FOR: asked,
        Why.OTHER_PROFESSION: not asked,
        Why.LANGUAGE_SPOKEN: spoken,
        Why.LANGUAGE_NOT_SPOKEN: not spoken,
        Why.COMPETENCE_FITS: choosing.competence(need, worker) > 0,
        Why.PART_TIME: worker.week < 1,
    }
    return tuple(why for why, holds in qualities.items() if holds)
