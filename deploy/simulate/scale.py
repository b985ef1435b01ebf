"""How large a simulated region is, over which time, and of which seed; pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

Choice = TypeVar("Choice")
WEEKS_IN_YEAR = 52


@dataclass(frozen=True)
class Scale:
    """The last `weeks` before `until`, in a county. Everything is decided by this and nothing
    else."""

    seed: int
    county: str
    weeks: int
    until: date
    workers: int = 4

    @property
    def first_monday(self) -> date:
        """The day on which the simulated teams began."""
        monday = self.until - timedelta(days=self.until.weekday())
        return monday - timedelta(weeks=self.weeks)

    def standing_on(self, until: date) -> Scale:
        """The same region, told until another day."""
        return replace(self, until=until)

    @property
    def name(self) -> str:
        """What all ids of this region begin with; the same on any day."""
        return f"simulation-{self.seed}-{self.county}"

    def chance(self, *about: object) -> random.Random:
        """The dice for one matter: what else happens does not change how they fall."""
        return random.Random("/".join(map(str, (self.name, *about))))  # noqa: S311

    def id(self, *about: object) -> str:
        """A UUID of this region's own for one matter."""
        return str(UUID(int=self.chance("id", *about).getrandbits(128), version=4))


def pick(chance: random.Random, weights: dict[Choice, float]) -> Choice:
    """One of these, each as likely as its weight."""
    [picked] = chance.choices(list(weights), list(weights.values()))
    return picked


def working_days(monday: date) -> Sequence[date]:
    """Monday to Friday of a week."""
    return [monday + timedelta(days=day) for day in range(5)]
