"""Which whole numbers could be others with all their sums as they are; exact, pure."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

Unknown = TypeVar("Unknown", bound=Hashable)
Row = dict[Unknown, Fraction]


def movable(
    equations: Iterable[Mapping[Unknown, int]], values: Mapping[Unknown, int], least: int
) -> set[Unknown]:
    """The unknowns that could have another value, none less than `least`, whoever knows the
    equations: for each of these another solution was found.

    Each equation is given by the coefficients of its unknowns; `values` is the true solution.
    """
    steps = list(_kernel(equations, values))
    found: set[Unknown] = set()
    for step in steps:
        found |= _moved(step, values, least)
    if found == values.keys():
        return found
    for one, other in combinations(steps, 2):
        for factor in (Fraction(1), Fraction(-1)):
            found |= _moved(_plus(one, other, factor), values, least)
    return found


def _moved(step: Row[Unknown], values: Mapping[Unknown, int], least: int) -> set[Unknown]:
    """What a step moves, forwards or backwards, if it leads to whole numbers that are enough."""
    if any(value.denominator != 1 for value in step.values()):
        return set()
    for sign in (1, -1):
        if all(values[name] + sign * value >= least for name, value in step.items()):
            return set(step)
    return set()


def _kernel(
    equations: Iterable[Mapping[Unknown, int]], unknowns: Iterable[Unknown]
) -> Iterator[Row[Unknown]]:
    """A basis of the steps that leave every equation as it is (Gauss-Jordan elimination)."""
    solved: dict[Unknown, Row[Unknown]] = {}
    for equation in equations:
        row: Row[Unknown] = {name: Fraction(value) for name, value in equation.items() if value}
        for pivot, other in solved.items():
            row = _without(pivot, row, other)
        if not row:
            continue
        pivot, leading = next(iter(row.items()))
        row = {name: value / leading for name, value in row.items()}
        solved = {each: _without(pivot, other, row) for each, other in solved.items()}
        solved[pivot] = row
    for free in unknowns:
        if free not in solved:
            bound = {pivot: -row[free] for pivot, row in solved.items() if free in row}
            yield {free: Fraction(1), **bound}


def _without(pivot: Unknown, row: Row[Unknown], other: Row[Unknown]) -> Row[Unknown]:
    """The row less so much of the other that the pivot is gone."""
    return _plus(row, other, -row[pivot]) if pivot in row else row


def _plus(row: Row[Unknown], other: Row[Unknown], factor: Fraction) -> Row[Unknown]:
    """The row with so much of the other."""
    total = dict(row)
    for name, value in other.items():
        total[name] = total.get(name, Fraction(0)) + factor * value
    return {name: value for name, value in total.items() if value}
