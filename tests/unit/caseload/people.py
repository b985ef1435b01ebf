"""Clients, workers and teams for the examples of the rules."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from services.caseload.assignment.choosing import Colleague, Need
from services.caseload.assignment.rules import Room
from shared.contracts.codes import AgeGroup, Reason, Sector

LAHTI, HOLLOLA, HELSINKI = "398", "098", "091"
PAIJAT_HAME = "09"
HOMELESS = frozenset({Reason.HOMELESSNESS})
BOTH = frozenset({Reason.HOMELESSNESS, Reason.MENTAL_HEALTH})


def number(n: int) -> UUID:
    """The nth id."""
    return UUID(int=n)


def need(
    reasons: frozenset[Reason] = HOMELESS, *, wished_team: int | None = None, **changes: Any
) -> Need:
    """A homeless client of Lahti; `changes` replace fields."""
    wish = number(wished_team) if wished_team else None
    values = {"municipality": LAHTI, "age_group": AgeGroup.FROM_30_TO_64, "language": "fi"}
    return Need(reasons=reasons, wished_team=wish, **{**values, **changes})


def worker(
    n: int,
    open_cases: int = 0,
    *,
    capacity: int = 18,
    sector: Sector | None = Sector.SOCIAL,
    languages: tuple[str, ...] = ("fi",),
    competences: frozenset[str] = frozenset(),
) -> Colleague:
    """A social worker whose open cases weigh a point each."""
    load = Decimal(open_cases)
    return Colleague(number(n), sector, languages, Decimal(capacity), load, open_cases, competences)


def nurse(n: int, open_cases: int = 0) -> Colleague:
    """A psychiatric nurse."""
    return worker(n, open_cases, sector=Sector.HEALTH)


def team(
    n: int,
    *workers: Colleague,
    municipalities: frozenset[str] = frozenset({LAHTI}),
    target_groups: frozenset[str] = frozenset(),
    guidance_unit: bool = False,
) -> Room:
    """A team that serves Lahti."""
    return Room(number(n), PAIJAT_HAME, municipalities, target_groups, guidance_unit, workers)


def guidance(n: int, *workers: Colleague) -> Room:
    """The guidance unit of Lahti's county."""
    return team(n, *workers, municipalities=frozenset(), guidance_unit=True)
