"""How things are measured side by side on a machine that others use too: in interleaved rounds,
told as ratios with their ranges. Absolute times are for orientation alone."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

Work = Callable[[], Awaitable[object]]
WIDTH = 200


@dataclass(frozen=True)
class Times:
    """The seconds that one thing took in each round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The one in the middle."""
        return median(self.seconds)

    def over(self, other: "Times") -> "Ratio":
        """How many times as long as the other, round by round."""
        return Ratio.of(self.seconds, other.seconds)


@dataclass(frozen=True)
class Ratio:
    """How two things stand to each other in each round."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> "Ratio":
        """Ours over theirs, round by round."""
        return cls(tuple(mine / other for mine, other in zip(ours, theirs, strict=True)))

    @property
    def median(self) -> float:
        """The one in the middle."""
        return median(self.values)

    def __str__(self) -> str:
        """The median, with the least and the greatest."""
        shown = (self.median, min(self.values), max(self.values))
        return "{} ({}-{})".format(*(f"{value:.3g}" for value in shown))


async def interleaved(rounds: int, works: Mapping[str, Work]) -> dict[str, Times]:
    """Does every work once in every round, and once before the first; what each took."""
    for work in works.values():
        await work()
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            began = time.perf_counter()
            await work()
            taken[name].append(time.perf_counter() - began)
    return {name: Times(tuple(seconds)) for name, seconds in taken.items()}


def milliseconds(times: Times) -> str:
    """The median, as it is shown."""
    return f"{times.median * 1000:.1f}"


def spread(values: Sequence[float], form: str) -> str:
    """The median with the least and the greatest, each in this form."""
    return f"{median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def met(reached: bool) -> str:
    """Whether a goal was reached, as tables say it."""
    return "yes" if reached else "no"


def rounds(usually: int = 5) -> int:
    """How many rounds to measure; fewer for a quick look (`NOPSA_BENCH_ROUNDS`)."""
    return int(os.environ.get("NOPSA_BENCH_ROUNDS", usually))


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table that can be pasted into a README."""
    table = Table(title=title, box=MARKDOWN)
    for column in columns:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*map(str, row))
    Console(width=WIDTH).print(table)
