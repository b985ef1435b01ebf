"""Small numbers: what of a report is shown to those who may not see counts of single persons.

Counts from 1 to 4 are hidden (primary suppression), and then as many others as it takes that no
hidden count follows from what is shown (secondary): neither from a total by itself, nor from all
totals together, nor from what the hidden ones must be at least. Figures that rest on a hidden count
are hidden with it. Pure.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.analytics.reports.solving import movable

SMALLEST_SHOWN = 5
LEAST_HIDDEN = 1
"""Nothing is no small number: 0 is always shown."""

Data = Mapping[str, Any]
Cell = tuple[str | int, ...]
"""Where a figure stands: `("new",)` or `("rows", 3, "clients")`."""
Identity = tuple[object, ...]
"""What a figure is, in whichever answer and row it stands."""
NUMBERS_THAT_NAME = ("year", "organisations")
"""The numbers that say what a row is of; all others are figures."""


@dataclass(frozen=True)
class Sum:
    """Parts that make a total. A total that is no figure of the report is taken for known."""

    total: Cell | int
    parts: tuple[Cell, ...]

    @property
    def coefficients(self) -> dict[Cell, int]:
        """What the cells count for where the whole makes a known number."""
        of_parts = dict.fromkeys(self.parts, 1)
        return of_parts if isinstance(self.total, int) else {**of_parts, self.total: -1}


def _no_sums(_: Data) -> Iterable[Sum]:
    return ()


@dataclass(frozen=True)
class Protection:
    """What is to be protected in a report.

    `counts` are the names of figures that count persons, or what is a person's. `rests` names, for
    a figure, the counts that it would tell: of its own row, of the report (`/kept`), or of all rows
    of a table (`rows/clients`). `sums` are the sums that readers know to hold.
    """

    counts: Collection[str] = ()
    rests: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sums: Callable[[Data], Iterable[Sum]] = _no_sums


def columns_of(data: Data, table: str, *names: str, totals: bool = False) -> Iterator[Sum]:
    """The sums of a table's columns: the report's figures of the same names, or else no figures."""
    rows = data[table]
    for name in names:
        known: int = sum(row[name] for row in rows)
        total: Cell | int = (name,) if totals else known
        yield Sum(total, tuple((table, number, name) for number in range(len(rows))))


def rows_of(data: Data, table: str, total: str, *parts: str) -> Iterator[Sum]:
    """In each row of a table the parts make the total."""
    for number in range(len(data[table])):
        yield Sum((table, number, total), tuple((table, number, part) for part in parts))


def without_small(
    data: Data, protection: Protection, also: Collection[Identity] = ()
) -> dict[str, Any]:
    """The data as outsiders see them; hidden figures are None, those of `also` among them."""
    counts = dict(_counts(data, protection.counts))
    hidden = hidden_cells(counts, list(protection.sums(data)))
    hidden |= {cell for cell in counts if also and _identity(data, cell, protection) in also}
    for cell, name in _figures(data):
        resting = protection.rests.get(name, ())
        if any(hidden & set(_named(data, cell, count)) for count in resting):
            hidden.add(cell)
    return {
        key: [_shown(row, hidden, (key, number)) for number, row in enumerate(value)]
        if _is_table(value)
        else None
        if (key,) in hidden
        else value
        for key, value in data.items()
    }


def without_all(data: Data, protection: Protection) -> dict[str, Any]:
    """No figure and no row, as a row by itself would tell that there was somebody."""
    figures = {*protection.counts, *protection.rests}
    return {
        key: [] if _is_table(value) else None if key in figures else value
        for key, value in data.items()
    }


def identities(data: Data, protection: Protection) -> dict[Identity, int]:
    """Every count by what it is."""
    counts = _counts(data, protection.counts)
    return {_identity(data, cell, protection): count for cell, count in counts}


def hidden_identities(data: Data, protection: Protection) -> set[Identity]:
    """What would be hidden of these data by themselves."""
    counts = dict(_counts(data, protection.counts))
    hidden = hidden_cells(counts, list(protection.sums(data)))
    return {_identity(data, cell, protection) for cell in hidden}


def is_hidden(shown: Data, cell: Cell, protection: Protection) -> bool:
    """Whether a figure of what outsiders see is missing because it, or what it rests on, is hidden;
    others are missing because there is nothing to tell."""
    if _figure(shown, cell) is not None:
        return False
    name = str(cell[-1])
    if name in protection.counts:
        return True
    rests = protection.rests.get(name, ())
    return any(
        _figure(shown, each) is None for count in rests for each in _named(shown, cell, count)
    )


def hidden_cells(counts: Mapping[Cell, int], sums: Sequence[Sum]) -> set[Cell]:
    """The counts to hide: the small ones, and what would give one away."""
    hidden = {cell for cell, count in counts.items() if 0 < count < SMALLEST_SHOWN}
    while hidden and (telling := _telling(counts, sums, hidden)) is not None:
        hidden.add(telling)
    return hidden


def _telling(counts: Mapping[Cell, int], sums: Sequence[Sum], hidden: set[Cell]) -> Cell | None:
    """A shown cell that would give a hidden one away, or None."""
    told = [each for each in sums if _is_known(each, counts, hidden)]
    for each in told:
        if _tells(each, counts, hidden) and (found := _next(each, counts, hidden)):
            return found
    known = _known(told, counts, hidden)
    if not known:
        return None
    for tied in (known, hidden):
        for each in told:
            if tied & each.coefficients.keys() and (found := _next(each, counts, hidden)):
                return found
    return None


def _is_known(each: Sum, counts: Mapping[Cell, int], hidden: set[Cell]) -> bool:
    """Whether readers know what the parts make: a total that is no figure only follows from a
    part with its share."""
    if not isinstance(each.total, int):
        return True
    return any(counts[cell] and cell not in hidden for cell in each.parts)


def _known(told: Sequence[Sum], counts: Mapping[Cell, int], hidden: set[Cell]) -> set[Cell]:
    """The small counts of which it is not sure that they could be others."""
    unknowns = [
        {cell: value for cell, value in each.coefficients.items() if cell in hidden}
        for each in told
    ]
    values = {cell: counts[cell] for cell in hidden}
    loose = movable(unknowns, values, LEAST_HIDDEN)
    return {cell for cell in hidden - loose if counts[cell] < SMALLEST_SHOWN}


def _tells(each: Sum, counts: Mapping[Cell, int], hidden: set[Cell]) -> bool:
    """Whether a sum gives its one hidden cell away, or hides no more than a small number."""
    unknown = [cell for cell in each.parts if cell in hidden]
    if not isinstance(each.total, int) and each.total in hidden:
        return not unknown
    return bool(unknown) and (
        len(unknown) == 1 or sum(counts[cell] for cell in unknown) < SMALLEST_SHOWN
    )


def _next(each: Sum, counts: Mapping[Cell, int], hidden: set[Cell]) -> Cell | None:
    """What to hide next of a sum: the least part that is not nothing, or else the total."""
    shown = [cell for cell in each.parts if cell not in hidden and counts[cell]]
    if shown:
        return min(shown, key=lambda cell: counts[cell])
    if isinstance(each.total, int) or each.total in hidden:
        return None
    return each.total


def _identity(data: Data, cell: Cell, protection: Protection) -> Identity:
    if len(cell) == 1:
        return cell
    row, figures = _figure(data, cell[:-1]), {*protection.counts, *protection.rests}
    names = (
        (name, value)
        for name, value in row.items()
        if name not in figures and (isinstance(value, str) or name in NUMBERS_THAT_NAME)
    )
    return (cell[0], cell[-1], *names)


def _figures(data: Data) -> Iterator[tuple[Cell, str]]:
    for key, value in data.items():
        if not _is_table(value):
            yield (key,), key
            continue
        for number, row in enumerate(value):
            for name in row:
                yield (key, number, name), name


def _counts(data: Data, names: Collection[str]) -> Iterator[tuple[Cell, int]]:
    for cell, name in _figures(data):
        if name in names:
            yield cell, _value(data, cell)


def _value(data: Data, cell: Cell) -> int:
    return int(_figure(data, cell))


def _figure(data: Data, cell: Cell) -> Any:
    value: Any = data
    for key in cell:
        value = value[key]
    return value


def _named(data: Data, cell: Cell, count: str) -> list[Cell]:
    table, _, name = count.rpartition("/")
    if count.startswith("/"):
        return [(name,)]
    if table:
        return [(table, number, name) for number in range(len(data[table]))]
    return [(*cell[:-1], name)]


def _shown(row: Data, hidden: set[Cell], place: Cell) -> dict[str, Any]:
    return {name: None if (*place, name) in hidden else value for name, value in row.items()}


def _is_table(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, Mapping) for row in value)
