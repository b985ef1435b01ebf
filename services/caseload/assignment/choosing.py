"""Which worker of a team takes a client; pure.

An earlier worker first, then the profession that the reasons ask for, then the client's language;
among equals, competence and free room count. Reasons of both sectors ask for a work pair. Room is
counted in points: what a worker's open cases weigh, against a capacity scaled by their week.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from shared.contracts.codes import AgeGroup, PartnerKind, Profession, Reason, RedirectReason, Sector

HEALTH_REASONS = frozenset({Reason.MENTAL_HEALTH, Reason.SUBSTANCE_USE, Reason.DISCHARGE})
SOCIAL_REASONS = frozenset(Reason) - HEALTH_REASONS - {Reason.OTHER}
FULL_WEEK = 5
EARLIER, PROFESSION, LANGUAGE = 8, 4, 2
"""Each outweighs all that comes after it: competence and room give at most one point each."""

_SECTORS: Mapping[Profession, Sector] = {
    Profession.SOCIAL_WORKER: Sector.SOCIAL,
    Profession.SOCIAL_COUNSELLOR: Sector.SOCIAL,
    Profession.PSYCHIATRIC_NURSE: Sector.HEALTH,
}


@dataclass(frozen=True)
class Need:
    """What is known of a client that decides who can help. `weight`: what the case will weigh."""

    municipality: str
    age_group: AgeGroup
    reasons: frozenset[Reason]
    language: str
    wished_team: UUID | None = None
    source_kind: PartnerKind | None = None
    redirect_reason: RedirectReason | None = None
    earlier_workers: frozenset[UUID] = frozenset()
    weight: Decimal = Decimal(1)


@dataclass(frozen=True)
class Colleague:
    """A worker, their load and capacity in points, how many open cases they have, and which part
    of a full week they work."""

    id: UUID
    sector: Sector | None
    languages: tuple[str, ...]
    capacity: Decimal
    load: Decimal
    open_cases: int = 0
    competences: frozenset[str] = frozenset()
    absent: bool = False
    week: Decimal = Decimal(1)


def sector_of(profession: Profession, employer: Sector) -> Sector | None:
    """In which sector's work a worker is qualified, whoever employs them.

    A nurse whom the social services employ is a nurse. A peer worker, who walks along by their own
    experience, has no case alone while a professional has room.
    """
    if profession == Profession.PEER_WORKER:
        return None
    return _SECTORS.get(profession, employer)


def share_of_week(working_days: Sequence[int]) -> Decimal:
    """The part of a full week that somebody works; more than five days are no more than full."""
    return Decimal(min(len(working_days), FULL_WEEK)) / FULL_WEEK


def sectors_asked(need: Need) -> frozenset[Sector]:
    """Which sectors the reasons ask for; social work begins when they do not tell (SHL 36 §)."""
    asked = set()
    if need.reasons & HEALTH_REASONS:
        asked.add(Sector.HEALTH)
    if need.reasons & SOCIAL_REASONS or not asked:
        asked.add(Sector.SOCIAL)
    return frozenset(asked)


def needs_pair(need: Need) -> bool:
    """Whether the reasons ask for both social and health work."""
    return len(sectors_asked(need)) > 1


def fits(worker: Colleague, weight: Decimal) -> bool:
    """Whether the worker is there and so many more points fit into their capacity."""
    return not worker.absent and worker.load + weight <= worker.capacity


def has_room(need: Need, worker: Colleague) -> bool:
    """Whether the worker can take this client."""
    return fits(worker, need.weight)


def speaks(worker: Colleague, language: str) -> bool:
    """Whether the worker speaks the language, whatever its regional form."""
    return _primary(language) in map(_primary, worker.languages)


def competence(need: Need, worker: Colleague) -> float:
    """The share of the client's reasons that the worker is trained in."""
    return len(worker.competences.intersection(need.reasons)) / max(1, len(need.reasons))


def free_share(worker: Colleague) -> float:
    """The unused share of the capacity; none at all is as full as can be."""
    if worker.capacity <= 0:
        return 0.0
    return float(max(Decimal(0), worker.capacity - worker.load) / worker.capacity)


def score(need: Need, worker: Colleague) -> float:
    """Higher is better."""
    return (
        EARLIER * (worker.id in need.earlier_workers)
        + PROFESSION * (worker.sector in sectors_asked(need))
        + LANGUAGE * speaks(worker, need.language)
        + competence(need, worker)
        + free_share(worker)
    )


def ranked(need: Need, workers: Sequence[Colleague]) -> list[Colleague]:
    """Those with room, the best first; equals by id."""
    able = [worker for worker in workers if has_room(need, worker)]
    return sorted(able, key=lambda worker: (-score(need, worker), worker.id))


def crew(need: Need, workers: Sequence[Colleague]) -> tuple[Colleague, ...]:
    """Who of a team takes the client: a pair, one, or nobody for lack of room."""
    able = ranked(need, workers)
    if needs_pair(need):
        first = {sector: [w for w in able if w.sector == sector][:1] for sector in Sector}
        if all(first.values()):
            return (*first[Sector.SOCIAL], *first[Sector.HEALTH])
    return tuple(able[:1])


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
