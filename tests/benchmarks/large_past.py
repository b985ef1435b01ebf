"""The past of a large county, made up: about thirty-five events a case, over three years."""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tests.support.past import BEGINS, Case, Past, Record

DAYS = 3 * 365
TEAMS, WORKERS = 6, 10
CLIENTS_PER_CASE = 0.8
EVENTS_PER_CASE = 35
_SOURCES = ("prison", "landlord", "self", "hospital_ward", "adult_social_work", "police")
_AREAS = ("housing", "money", "daily_living")
_REASONS = ("handed_over", "handed_over", "goals_attained", "moved_away", "client_withdrew")
_SERVICES = ("home_support", "supported", "communal", "round_the_clock")
_KINDS = ("adult_social_work", "ngo", "health_centre")
_STEPS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("declined", 3),),
    (("accepted", 3), ("failed", 8)),
    (("accepted", 3), ("confirmed", 20)),
    (("accepted", 2), ("confirmed", 31), ("attached", 121)),
    (("accepted", 5), ("confirmed", 40), ("lost", 130)),
)


def large_past(chance: random.Random, events: int) -> Past:
    """A past of about so many events."""
    past, cases = Past(), max(1, events // EVENTS_PER_CASE)
    teams = [uuid4() for _ in range(TEAMS)]
    clients = [uuid4() for _ in range(max(1, int(cases * CLIENTS_PER_CASE)))]
    for team in teams:
        past.team(team, WORKERS)
        for _ in range(cases // 50):
            at = BEGINS + timedelta(days=chance.randrange(DAYS))
            kind, service = chance.choice(["missing", "queue"]), chance.choice(_SERVICES)
            past.gap(team, at, kind, service, resolved=chance.random() < 0.5)
    for _ in range(cases):
        _live(past, chance, chance.choice(clients), chance.choice(teams))
    return past


def _live(past: Past, chance: random.Random, client: UUID, team: UUID) -> None:
    opened = BEGINS + timedelta(minutes=chance.randrange(DAYS * 24 * 60))
    lasts = chance.randrange(20, 160)
    case = past.begin(
        team,
        opened,
        client=client,
        referred={"eviction_stage": chance.choice(["none", "warning", "court", None])},
        source=chance.choice(_SOURCES),
        age_group=chance.choice(["18-29", "30-64", "65-75"]),
        alternative=chance.choice(["supported", "communal", "round_the_clock", "none"]),
        urgency=chance.choice(["urgent", "routine"]),
        received=opened - timedelta(hours=chance.randrange(1, 60)),
        contacted=opened + timedelta(hours=chance.randrange(1, 90)),
        in_time=chance.random() < 0.8,
    )
    _support(past, chance, case, lasts)
    if opened + timedelta(days=lasts) < BEGINS + timedelta(days=DAYS):
        past.close(case, opened + timedelta(days=lasts), chance.choice(_REASONS))


def _support(past: Past, chance: random.Random, case: Case, lasts: int) -> None:
    def some_day() -> datetime:
        return case.opened + timedelta(minutes=chance.randrange(lasts * 24 * 60))

    for week in range(min(10, lasts // 7)):
        location = chance.choice(["home", "home", "outside", "office"])
        state = "cancelled" if chance.random() < 0.15 else "kept"
        past.visit(case, case.opened + timedelta(days=week * 7 + 1), location, state)
    for area in chance.sample(_AREAS, 2):
        past.goal(case, some_day(), area, chance.choice(["attained", "dropped", "set"]))
    for _ in range(3):
        past.reading(case, some_day(), chance.randint(1, 10))
    past.move(case, some_day(), "outdoors", chance.choice(["housed", "hostel"]))
    past.segment(case, some_day(), chance.choice(["low", "high"]), "simple")
    past.hand_over(case, some_day(), chance.choice(_KINDS), *chance.choice(_STEPS))
    if chance.random() < 0.3:
        _surround(past, chance, case, some_day())


def _surround(past: Past, chance: random.Random, case: Case, at: datetime) -> None:
    where = (chance.choice(_SERVICES), chance.choice(["own", "purchased"]), "on_site")
    last = at.date() + timedelta(days=300)
    past.place(case.client, case.team, where, at.date(), last)
    past.path(case, at, chance.randint(2, 5), last)
    revoked: Record = {"revoked": chance.choice([None, at + timedelta(days=50)])}
    past.consent(case.client, chance.choice(["social_to_health", "to_partner"]), at, **revoked)
