"""The last weeks of an open case, step by step: goals, motivation, visits, consents, handovers that
succeed or fail and are tried again, and returns. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from deploy.simulate.history import external_id, is_recent
from deploy.simulate.scale import Scale, pick
from deploy.simulate.steps import CASE, Step, Story, on_case
from deploy.simulate.teams import Team
from deploy.simulate.work import Case

_AREAS = ("housing", "money", "daily_living", "substance_use", "mental_health", "services")
_NEEDS: dict[str, float] = {"light": 2, "moderate": 5, "intensive": 3}
_COMPLEXITIES: dict[str, float] = {"single_need": 3, "several_needs": 5, "complex": 2}
_LIVES: dict[str, float] = {"housed": 6, "hostel": 2, "with_friends": 2}
_RECEIVERS: dict[str, float] = {"adult_social_work": 5, "substance_service": 2, "health_centre": 3}
GOAL_ENDS: dict[str | None, float] = {"attain": 6, "drop": 2, None: 2}
CONSENTS, REVOKED, REFUSED = 0.6, 0.2, 0.15
PATHS, HANDOVERS, FAILS_FIRST, RETURNS = 0.2, 0.4, 0.35, 0.3


def support(scale: Scale, team: Team, case: Case) -> Story:
    """The story of a case that the import left open."""
    chance = scale.chance("support", team.name, case.number)
    worker = team.workers[case.worker].id
    steps = (
        *_plan(chance, scale, case),
        *_visits(scale, case, worker),
        *_words(chance, worker),
        *(_path(scale, worker) if chance.random() < PATHS else ()),
        *(_handover(chance) if chance.random() < HANDOVERS else _ahead(scale, worker)),
    )
    told = external_id(scale, team, case)
    return Story(told, steps, external_id=told)


def noon(day: date) -> str:
    """The middle of a day, as the services take a moment."""
    return f"{day.isoformat()}T10:00:00Z"


def _plan(chance: random.Random, scale: Scale, case: Case) -> Iterator[Step]:
    first = chance.randint(2, 9)
    # Not two weeks ago, when some of these cases had not begun.
    last = min(10, max(1, first + chance.randint(-2, 3)))
    yield on_case("motivation", {"value": first, "at": noon(scale.until - timedelta(days=15))})
    yield on_case("motivation", {"value": last, "at": noon(scale.until - timedelta(days=2))})
    for nth, area in enumerate(chance.sample(_AREAS, 2)):
        yield on_case("goals", {"area": area}, saves=f"goal{nth}")
        if end := pick(chance, GOAL_ENDS):
            yield on_case(f"goals/{{goal{nth}}}/{end}")
    segment = {"support_need": pick(chance, _NEEDS), "complexity": pick(chance, _COMPLEXITIES)}
    yield on_case("segment", segment)
    if chance.random() < 0.6:
        yield on_case("housing", {"status": "outdoors"})
        yield on_case("housing", {"status": pick(chance, _LIVES)})


def _visits(scale: Scale, case: Case, worker: str) -> Iterator[Step]:
    for nth, visit in enumerate(case.visits):
        if not is_recent(scale, visit.on):
            continue
        booked = {"at": noon(visit.on), "location": visit.location, "with": [worker]}
        yield on_case("visits", booked, saves=f"visit{nth}")
        if visit.kept:
            yield on_case(f"visits/{{visit{nth}}}/keep")
        else:
            missed = {"by": "client", "reason": "no_show"}
            yield on_case(f"visits/{{visit{nth}}}/cancel", missed)


def _ahead(scale: Scale, worker: str) -> Iterator[Step]:
    """The next meeting is booked."""
    at = noon(scale.until + timedelta(days=7))
    yield on_case("visits", {"at": at, "location": "home", "with": [worker]})


def _words(chance: random.Random, worker: str) -> Iterator[Step]:
    """What the client permits and forbids."""
    whose: dict[str, Any] = {"client_ref": "{client_ref}", "recorded_by": worker}
    whose |= {"given_by": "client", "form": "paper_signed"}
    if chance.random() < CONSENTS:
        directions = ("social_to_health", "health_to_social")[: chance.randint(1, 2)]
        for direction in directions:
            body = {**whose, "scope": "general", "direction": direction}
            yield Step("/v1/consents", body, saves=direction, service="consent")
            if chance.random() < REVOKED:
                path = f"/v1/consents/{{{direction}}}/revoke"
                yield Step(path, changes=direction, service="consent")
    elif chance.random() < REFUSED / (1 - CONSENTS):
        yield Step("/v1/denials", whose, service="consent")


def _path(scale: Scale, worker: str) -> Iterator[Step]:
    """A shared plan of several services."""
    parts = ("social_work", "substance_treatment", "housing_advice")
    people = [{"organisation": f"sim-{part.replace('_', '-')}", "role": part} for part in parts]
    body = {
        "coordinator": {**people[0], "worker": worker},
        "participants": people[1:],
        "plan": "One plan for all.",
        "next_review": (scale.until + timedelta(days=45)).isoformat(),
    }
    yield Step(f"{CASE}/service-path", body, method="PUT")


def _handover(chance: random.Random) -> Iterator[Step]:
    """A warm handover; where the first one fails, it is tried again."""
    if chance.random() < FAILS_FIRST:
        yield from _propose(chance, "first")
        yield on_case("handovers/{first}/accept")
        yield on_case("handovers/{first}/fail", {"reason": "client_withdrew"})
    yield from _propose(chance, "handover")
    for act in ("accept", "joint-meeting", "confirm"):
        yield on_case(f"handovers/{{handover}}/{act}")
    yield on_case("close", {"reason": "handed_over", "alternative_service": "supported"})
    if chance.random() < RETURNS:
        yield on_case("return", {"urgency": "urgent", "reasons": ["housing_loss_risk"]})


def _propose(chance: random.Random, name: str) -> Iterator[Step]:
    kind = pick(chance, _RECEIVERS)
    receiver = {"name": f"Receiving service ({kind})", "kind": kind}
    yield on_case("handovers", {"receiver": receiver, "service": kind}, saves=name)
