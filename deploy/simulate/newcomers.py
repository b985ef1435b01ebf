"""The referrals of the present week, and how their clients are found: calls that nobody answers,
then a first contact and the assessment. Pure; persons and their codes are made up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from deploy.simulate.arrivals import Arrival, arrivals
from deploy.simulate.people import REASONS, USUAL_REASONS
from deploy.simulate.scale import Scale, pick
from deploy.simulate.steps import Step, Story, on_case
from deploy.simulate.teams import Team

SENDERS = {
    "landlord": "landlord",
    "prison": "prison",
    "hospital_ward": "ward",
    "adult_social_work": "social-office",
    "self": "self-service",
}
"""The demo region's client that sends for a kind of partner."""
_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_GIVEN = ("Aino", "Eero", "Helmi", "Onni", "Sofia", "Veikko", "Ida", "Toivo", "Lumi", "Urho")
_FAMILY = ("Koskela", "Niemelä", "Rantanen", "Salmi", "Lindqvist", "Harju", "Vuori", "Laakso")
_FAILS: dict[int, float] = {0: 5, 1: 3, 2: 2}
_LANGUAGES: dict[str, float] = {"fi": 88, "sv": 6, "en": 6}


def newcomers(scale: Scale, team: Team) -> Iterator[Story]:
    """A story for each referral of the week that `until` is in."""
    came = arrivals(scale, team, scale.weeks)
    for number, arrival in enumerate(each for each in came if each.source in SENDERS):
        chance = scale.chance("newcomer", team.name, number)
        key = f"{scale.name}-{team.name}-referral-{number}"
        body = _referral(chance, scale, team, arrival) | {"external_id": key}
        steps = tuple(_found(chance))
        yield Story(key, steps, referral=body, sender=SENDERS[arrival.source])


def _referral(chance: random.Random, scale: Scale, team: Team, arrival: Arrival) -> dict[str, Any]:
    born = date(scale.until.year - chance.randint(19, 70), chance.randint(1, 12), 1)
    basis = {"landlord": "private_notifier", "self": "self"}.get(arrival.source, "consent")
    at_risk = arrival.source == "landlord"
    return {
        "urgency": arrival.urgency,
        "lawful_basis": basis,
        "client": {
            "identity_code": identity_code(born, chance.randint(900, 999)),
            "given_name": chance.choice(_GIVEN),
            "family_name": chance.choice(_FAMILY),
            "language": pick(chance, _LANGUAGES),
            "municipality": chance.choice(team.municipalities),
            "non_disclosure_order": False,
        },
        "housing": {
            "status": "at_risk" if at_risk else "outdoors",
            **({"eviction_stage": "warning"} if at_risk else {}),
        },
        "reasons": list(REASONS.get(arrival.source, USUAL_REASONS)),
        "contact_person": {"name": "Sender on duty"},
        "team": team.id,
    }


def identity_code(born: date, number: int) -> str:
    """A code of the 900-series, which is for tests."""
    digits = f"{born:%d%m%y}{number:03}"
    sign = "-" if born.year < 2000 else "A"
    return f"{digits[:6]}{sign}{digits[6:]}{_CHECK[int(digits) % len(_CHECK)]}"


def _found(chance: random.Random) -> Iterator[Step]:
    """Attempts that fail, one that succeeds for most, and the assessment of half of these."""
    for _ in range(pick(chance, _FAILS)):
        yield on_case(
            "contact-attempts", {"channel": "phone", "outcome": "no_answer", "at": "{opened_at}"}
        )
    if chance.random() < 0.2:
        return
    yield on_case(
        "contact-attempts", {"channel": "outreach", "outcome": "reached", "at": "{opened_at}"}
    )
    if chance.random() < 0.5:
        yield on_case("assessment", {"action": "start", "joint_with": "health"})
        yield on_case("assessment", {"action": "complete"})
