"""Which worker takes a client and why; pure.

Teams in line: the wished one, then the least loaded; where no team serves the client, the county's
guidance unit. The first with room takes the client. Its best-scored worker with room has the case,
or a work pair of both sectors when the reasons ask for both. Nobody is refused: without room the
client waits with the first in line.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.contracts.codes import AgeGroup, Reason, Sector, Urgency
from shared.contracts.municipalities import county_of

HEALTH_REASONS = frozenset({Reason.MENTAL_HEALTH, Reason.SUBSTANCE_USE, Reason.DISCHARGE})
SOCIAL_REASONS = frozenset(Reason) - HEALTH_REASONS - {Reason.OTHER}
BY_URGENCY = (Urgency.IMMEDIATE, Urgency.URGENT, Urgency.ROUTINE)


class Why(StrEnum):
    """Why a team or a worker was chosen, or was not."""

    WISHED = "wished_team"
    SERVES = "serves_the_client"
    MUNICIPALITY_NOT_COVERED = "municipality_not_covered"
    TARGET_GROUP_NOT_SERVED = "target_group_not_served"
    GUIDANCE_UNIT_ASKED_LAST = "guidance_unit_asked_last"
    GUIDANCE_UNIT_OF_COUNTY = "guidance_unit_of_county"
    CHOSEN = "chosen"
    CHOSEN_IN_PAIR = "chosen_in_pair"
    NO_ROOM = "no_room"
    LOWER_SCORE = "lower_score"
    OTHER_TEAM_FIRST = "other_team_first"
    TEAM_NOT_IN_LINE = "team_not_in_line"
    LANGUAGE_SPOKEN = "language_spoken"
    LANGUAGE_NOT_SPOKEN = "language_not_spoken"
    PAIR_NEEDED = "pair_needed"
    PAIR_INCOMPLETE = "pair_incomplete"
    REDIRECTED = "redirected_to_guidance_unit"
    WAITS_FOR_ROOM = "waits_for_room"
    NO_TEAM = "no_team_serves_the_client"


@dataclass(frozen=True)
class Need:
    """What is known of a client that decides who can help."""

    municipality: str
    age_group: AgeGroup
    reasons: frozenset[Reason]
    language: str
    wished_team: UUID | None = None


@dataclass(frozen=True)
class Colleague:
    """A worker and their load."""

    id: UUID
    sector: Sector
    languages: tuple[str, ...]
    capacity: int
    open_cases: int


@dataclass(frozen=True)
class Room:
    """A team with its workers' loads."""

    id: UUID
    county: str
    municipalities: frozenset[str]
    target_groups: frozenset[str]
    guidance_unit: bool
    workers: tuple[Colleague, ...]


@dataclass(frozen=True)
class TeamVerdict:
    """A team that was looked at."""

    team: UUID
    in_line: bool
    why: tuple[Why, ...]


@dataclass(frozen=True)
class Candidate:
    """A worker that was looked at. Score: the free share of the capacity, and 1 more for speaking
    the client's language."""

    worker: UUID
    team: UUID
    score: float
    chosen: bool
    why: tuple[Why, ...]


@dataclass(frozen=True)
class Decision:
    """Who takes the client: no worker means to wait, and no team that nobody serves them.

    `redirected` says why a guidance unit was asked.
    """

    team: UUID | None
    workers: tuple[UUID, ...]
    redirected: Why | None
    notes: tuple[Why, ...]
    teams: tuple[TeamVerdict, ...]
    candidates: tuple[Candidate, ...]


Taker = tuple[Room | None, tuple[Colleague, ...]]


def decide(need: Need, rooms: Sequence[Room]) -> Decision:
    """Who takes the client, of all teams that may matter."""
    serving = [room for room in rooms if obstacle(need, room) is None]
    if serving:
        return _seat(need, rooms, sorted(serving, key=lambda room: _place(need, room)))
    county = county_of(need.municipality)
    units = [room for room in rooms if room.guidance_unit and room.county == county]
    reason = _why_nobody_serves(need, rooms) if units else None
    return _seat(need, rooms, sorted(units, key=lambda room: _place(need, room)), reason)


def decide_within(need: Need, room: Room) -> Decision:
    """Who of one team takes a client that waits for this team."""
    return _seat(need, [room], [room])


def obstacle(need: Need, room: Room) -> Why | None:
    """Why a team is not one for this client; None when it is."""
    if room.guidance_unit:
        return Why.GUIDANCE_UNIT_ASKED_LAST
    if need.municipality not in room.municipalities:
        return Why.MUNICIPALITY_NOT_COVERED
    groups = {str(need.age_group), *map(str, need.reasons)}
    if room.target_groups and groups.isdisjoint(room.target_groups):
        return Why.TARGET_GROUP_NOT_SERVED
    return None


def needs_pair(need: Need) -> bool:
    """Whether the reasons ask for both social and health work."""
    return bool(need.reasons & HEALTH_REASONS) and bool(need.reasons & SOCIAL_REASONS)


def has_room(worker: Colleague) -> bool:
    """Whether the worker can take one more."""
    return worker.open_cases < worker.capacity


def speaks(worker: Colleague, language: str) -> bool:
    """Whether the worker speaks the language, whatever its regional form."""
    return _primary(language) in map(_primary, worker.languages)


def score(need: Need, worker: Colleague) -> float:
    """Higher is better: language first, then the lowest load share."""
    return speaks(worker, need.language) + 1 - _share(worker.open_cases, worker.capacity)


def ranked(need: Need, workers: Sequence[Colleague]) -> list[Colleague]:
    """Those with room, the best first; equals by id."""
    able = [worker for worker in workers if has_room(worker)]
    return sorted(able, key=lambda worker: (-score(need, worker), worker.id))


def crew(need: Need, workers: Sequence[Colleague]) -> tuple[Colleague, ...]:
    """Who of a team takes the client: a pair, one, or nobody for lack of room."""
    able = ranked(need, workers)
    if needs_pair(need):
        first = {sector: [w for w in able if w.sector == sector][:1] for sector in Sector}
        if all(first.values()):
            return (*first[Sector.SOCIAL], *first[Sector.HEALTH])
    return tuple(able[:1])


def most_urgent(*urgencies: Urgency) -> Urgency:
    """The most urgent of some."""
    return min(urgencies, key=BY_URGENCY.index)


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _share(open_cases: int, capacity: int) -> float:
    """The used share of a capacity; none at all is as full as can be."""
    return open_cases / capacity if capacity else 1.0


def _place(need: Need, room: Room) -> tuple[bool, bool, float, UUID]:
    """Where a team is in line: a team without any capacity behind all others but the wished."""
    capacity = sum(worker.capacity for worker in room.workers)
    load = sum(worker.open_cases for worker in room.workers)
    return room.id != need.wished_team, capacity == 0, _share(load, capacity), room.id


def _why_nobody_serves(need: Need, rooms: Sequence[Room]) -> Why:
    if any(obstacle(need, room) == Why.TARGET_GROUP_NOT_SERVED for room in rooms):
        return Why.TARGET_GROUP_NOT_SERVED
    return Why.MUNICIPALITY_NOT_COVERED


def _seat(
    need: Need, rooms: Sequence[Room], line: Sequence[Room], redirected: Why | None = None
) -> Decision:
    """The first team in line with room takes the client; else they wait with the first."""
    seats = ((room, crew(need, room.workers)) for room in line)
    taker = next((seat for seat in seats if seat[1]), (line[0] if line else None, ()))
    in_line = {room.id for room in line}
    shown = sorted(rooms, key=lambda room: (room.id not in in_line, _place(need, room)))
    return Decision(
        team=taker[0].id if taker[0] else None,
        workers=tuple(worker.id for worker in taker[1]),
        redirected=redirected,
        notes=_notes(need, taker, redirected),
        teams=tuple(_verdict(need, room, room.id in in_line) for room in shown),
        candidates=tuple(
            _candidate(need, room, worker, taker, in_line)
            for room in shown
            for worker in sorted(room.workers, key=lambda worker: (-score(need, worker), worker.id))
        ),
    )


def _notes(need: Need, taker: Taker, redirected: Why | None) -> tuple[Why, ...]:
    team, workers = taker
    notes = [Why.REDIRECTED, redirected] if redirected else []
    if team is None:
        return (*notes, Why.NO_TEAM)
    if not workers:
        return (*notes, Why.WAITS_FOR_ROOM)
    if needs_pair(need):
        notes.append(Why.PAIR_NEEDED if len(workers) > 1 else Why.PAIR_INCOMPLETE)
    return tuple(notes)


def _verdict(need: Need, room: Room, in_line: bool) -> TeamVerdict:
    wished = (Why.WISHED,) if room.id == need.wished_team else ()
    if not in_line:
        return TeamVerdict(room.id, False, (*wished, obstacle(need, room) or Why.TEAM_NOT_IN_LINE))
    role = Why.GUIDANCE_UNIT_OF_COUNTY if room.guidance_unit else Why.SERVES
    return TeamVerdict(room.id, True, (*wished, role))


def _candidate(
    need: Need, room: Room, worker: Colleague, taker: Taker, in_line: Set[UUID]
) -> Candidate:
    team, workers = taker
    chosen = worker in workers
    if chosen:
        verdict = Why.CHOSEN_IN_PAIR if len(workers) > 1 else Why.CHOSEN
    elif room.id not in in_line:
        verdict = Why.TEAM_NOT_IN_LINE
    elif not has_room(worker):
        verdict = Why.NO_ROOM
    else:
        verdict = Why.LOWER_SCORE if room is team else Why.OTHER_TEAM_FIRST
    language = Why.LANGUAGE_SPOKEN if speaks(worker, need.language) else Why.LANGUAGE_NOT_SPOKEN
    return Candidate(worker.id, room.id, score(need, worker), chosen, (verdict, language))
