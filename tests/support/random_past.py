"""A past of which chance decides, in which everything happens to somebody."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.support.past import BEGINS, Case, Past, Record


def some_past(chance: random.Random, cases: int) -> Past:
    """A past of so many cases, in which everything happens to somebody."""
    past = Past()
    teams = [uuid4(), uuid4()]
    clients = [uuid4() for _ in range(max(1, cases * 3 // 4))]
    for number, team in enumerate(teams):
        past.team(team, 2 + number)
        for _ in range(chance.randrange(12)):
            kind = chance.choice(["missing", "queue"])
            resolved = chance.random() < 0.5
            past.gap(team, _moment(chance), kind, "housing", resolved=resolved)
    for _ in range(cases):
        _one_case(past, chance, chance.choice(clients), chance.choice(teams))
    return past


def _moment(chance: random.Random) -> datetime:
    """A moment of a year and a half, often at the very beginning or end of 2022 in Finland."""
    if chance.random() < 0.1:
        year = chance.choice([2021, 2022])
        return datetime(year, 12, 31, 22, tzinfo=UTC) - timedelta(minutes=chance.randrange(2))
    return BEGINS + timedelta(minutes=chance.randrange(540 * 24 * 60))


def _one_case(past: Past, chance: random.Random, client: UUID, team: UUID) -> None:
    opened = _moment(chance)
    is_referred = chance.random() < 0.7
    facts: Record = {
        "source": chance.choice(["prison", "landlord", "self"]),
        "age_group": chance.choice(["18-29", "30-64"]),
        "alternative": chance.choice(["supported", "communal", "none", None]),
    }
    if is_referred:
        facts |= {
            "urgency": chance.choice(["urgent", "routine"]),
            "received": opened - timedelta(hours=chance.randrange(100)),
        }
        if chance.random() < 0.8:
            contacted = opened + timedelta(hours=chance.randrange(200))
            facts |= {"contacted": contacted, "in_time": chance.random() < 0.6}
    stage = chance.choice(["none", "warning", "court", None])
    referred = {"eviction_stage": stage} if is_referred else None
    case = past.begin(team, opened, client=client, referred=referred, **facts)
    _its_life(past, chance, case)
    if chance.random() < 0.6:
        reason = chance.choice(["handed_over", "moved_away"])
        past.close(case, opened + timedelta(days=chance.randrange(400)), reason)
        if chance.random() < 0.3 and case.closed:
            past.come_back(case, case.closed + timedelta(days=30))


def _its_life(past: Past, chance: random.Random, case: Case) -> None:
    def later(days: int = 300) -> datetime:
        return case.opened + timedelta(minutes=chance.randrange(days * 24 * 60))

    often = chance.choice([300, 21])
    for _ in range(chance.randrange(8)):
        location = chance.choice(["home", "outside", "office", "remote"])
        state = chance.choice(["kept", "kept", "cancelled", "booked"])
        past.visit(case, later(often), location, state)
    for _ in range(chance.randrange(3)):
        past.goal(case, later(), chance.choice(["money", "housing"]), chance.choice(_GOALS))
        past.reading(case, later(), chance.randint(1, 10))
        lived = chance.choice([None, "outdoors", "with_friends"])
        past.move(case, later(), lived, chance.choice(["housed", "hostel"]))
    if chance.random() < 0.5:
        past.segment(case, later(60), chance.choice(["low", "high"]), "simple")
        past.hand_over(case, later(60), chance.choice(["ngo", "housing"]), *chance.choice(_STEPS))
    if chance.random() < 0.5:
        past.path(case, later(60), chance.randint(2, 4), later(500).date())
        begun = later().date()
        last = begun + timedelta(days=chance.randrange(200))
        where = (chance.choice(_SERVICES), chance.choice(["own", "purchased"]), "on_site")
        past.place(case.client, case.team, where, begun, chance.choice([None, last]))
    if chance.random() < 0.5:
        at = later()
        revoked = chance.choice([None, at + timedelta(days=50)])
        past.consent(case.client, chance.choice(_DIRECTIONS), at, revoked)
    if chance.random() < 0.1:
        past.deny(case.client, later())


_GOALS = ("set", "attained", "dropped")
_SERVICES = ("home_support", "supported", "communal", "round_the_clock")
_DIRECTIONS = ("social_to_health", "to_partner")
_STEPS: tuple[tuple[tuple[str, int], ...], ...] = (
    (),
    (("declined", 3),),
    (("accepted", 3), ("failed", 8)),
    (("accepted", 3), ("confirmed", 20)),
    (("accepted", 2), ("confirmed", 31), ("attached", 121)),
    (("accepted", 5), ("confirmed", 40), ("lost", 130)),
)
