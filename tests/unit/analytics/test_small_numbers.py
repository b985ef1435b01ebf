"""Small numbers are hidden, and nobody can reckon them from what is shown."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.reports import client_flow, contact_times, handovers, visits
from services.analytics.reports.small_numbers import (
    Cell,
    Protection,
    Sum,
    columns_of,
    rows_of,
    without_small,
)
from tests.support.deeper import examples

COUNT = st.integers(0, 12)
Data = dict[str, Any]
Equation = dict[Cell, int]


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (4, None), (5, 5), (172, 172)])
def test_counts_from_one_to_four_are_not_shown(count: int, shown: int | None) -> None:
    data = {"new": count, "named": 3}
    assert without_small(data, Protection(("new",))) == {"new": shown, "named": 3}


def test_what_a_total_would_give_away_is_hidden_with_it() -> None:
    data = table([3, 9, 30])
    assert shown(data) == [None, None, 30]
    assert shown(table([3, 4, 30])) == [None, None, 30], "7 of two hidden ones is no small number"
    assert shown(table([1, 2, 9, 30])) == [None, None, None, 30], "3 in all still is one"
    assert shown(table([3, 0, 0])) == [None, 0, 0], "nobody knows the total then"


def test_what_rests_on_a_hidden_count_is_hidden_too() -> None:
    data = {"n": 9, "median": 4.5, "rows": [{"n": 2, "median": 1.0}, {"n": 7, "median": 5.0}]}
    protection = Protection(("n",), {"median": ("n",), "ratio": ("rows/n",)})
    assert without_small(data | {"ratio": 7.26}, protection) == {
        "n": 9,
        "median": 4.5,
        "rows": [{"n": None, "median": None}, {"n": 7, "median": 5.0}],
        "ratio": None,
    }


def table(counts: list[int]) -> Data:
    return {"rows": [{"cases": count} for count in counts]}


def shown(data: Data) -> list[int | None]:
    return [row["cases"] for row in without_small(data, ONE_COLUMN)["rows"]]


def _one_column(data: Mapping[str, Any]) -> Iterator[Sum]:
    return columns_of(data, "rows", "cases")


def _crossed(data: Mapping[str, Any]) -> Iterator[Sum]:
    yield from columns_of(data, "rows", "all", "one", "two", "three", totals=True)
    yield from rows_of(data, "rows", "all", "one", "two", "three")
    yield Sum(("all",), (("one",), ("two",), ("three",)))


ONE_COLUMN = Protection(("cases",), sums=_one_column)
CROSSED = Protection(("all", "one", "two", "three"), sums=_crossed)


@st.composite
def crossed(draw: st.DrawFn) -> Data:
    """A table with totals on both sides."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        parts = {name: draw(COUNT) for name in ("one", "two", "three")}
        rows.append({"all": sum(parts.values()), **parts})
    totals = {name: sum(row[name] for row in rows) for name in ("all", "one", "two", "three")}
    return {**totals, "rows": rows}


@st.composite
def flows(draw: st.DrawFn) -> Data:
    """Client flow's nine figures."""
    a, b, c, d = (draw(COUNT) for _ in range(4))
    figures = (a + b + c + d, a + b, c + d, a, b, c, d, a + c, b + d)
    return dict(zip(client_flow.COUNTS, figures, strict=True))


@st.composite
def visited(draw: st.DrawFn) -> Data:
    """Visits, whose locations and months have a total in common."""
    months = []
    for month in range(draw(st.integers(1, 3))):
        kept, cancelled, still = (draw(COUNT) for _ in range(3))
        counts = (kept + cancelled + still, kept, cancelled, still)
        months.append({"month": month, **dict(zip(visits.COUNTS, counts, strict=True))})
    totals = {name: sum(row[name] for row in months) for name in visits.COUNTS}
    left, rows = totals["kept"], []
    for location in ("home", "outside", "office"):
        kept = draw(st.integers(0, left))
        rows.append({"location": location, "kept": kept})
        left -= kept
    return {**totals, "rows": [*rows, {"location": "remote", "kept": left}], "months": months}


@st.composite
def contacted(draw: st.DrawFn) -> Data:
    """Contact times by source."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        within, late = draw(COUNT), draw(COUNT)
        rows.append({"n": within + late, "within_deadline": within, "late": late})
    totals = {name: sum(row[name] for row in rows) for name in contact_times.COUNTS}
    return {**totals, "rows": rows}


@st.composite
def handed(draw: st.DrawFn) -> Data:
    """Handovers by receiver; of the many figures those of one sum and a few others."""
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        row = {name: draw(COUNT) for name in handovers.COUNTS}
        row["followed_up_after_90_days"] = sum(row[name] for name in handovers.FOLLOWED)
        rows.append(row)
    totals = {name: sum(row[name] for row in rows) for name in handovers.COUNTS}
    return {**totals, "rows": rows}


@pytest.mark.fuzz_too
@pytest.mark.parametrize(
    ("data", "protection"),
    [
        (st.lists(COUNT, max_size=6).map(table), ONE_COLUMN),
        (crossed(), CROSSED),
        (flows(), client_flow.REPORT.protects),
        (visited(), visits.REPORT.protects),
        (contacted(), contact_times.REPORT.protects),
        (handed(), handovers.REPORT.protects),
    ],
    ids=["column", "crossed", "client-flow", "visits", "contact-times", "handovers"],
)
def test_no_hidden_count_can_be_reckoned_from_what_is_shown(
    data: st.SearchStrategy[Data], protection: Protection
) -> None:
    @given(data)
    @settings(max_examples=examples(60), deadline=None)
    def attacked(figures: Data) -> None:
        outside = without_small(figures, protection)
        hidden = {cell for cell in cells_of(figures) if at(outside, cell) is None}
        assert small(figures, protection) <= hidden
        solved = solved_cells(figures, protection, hidden)
        assert not solved, (figures, outside)

    attacked()


def cells_of(data: Data) -> Iterator[Cell]:
    for key, value in data.items():
        if isinstance(value, list):
            yield from ((key, number, name) for number, row in enumerate(value) for name in row)
        else:
            yield (key,)


def at(data: Any, cell: Cell) -> Any:
    for key in cell:
        data = data[key]
    return data


def small(data: Data, protection: Protection) -> set[Cell]:
    return {
        cell for cell in cells_of(data) if cell[-1] in protection.counts and 0 < at(data, cell) < 5
    }


def solved_cells(data: Data, protection: Protection, hidden: set[Cell]) -> set[Cell]:
    """The small cells that have one value only in all solutions: an attacker knows every sum, what
    is shown, and that whatever is hidden is at least one."""
    equations = []
    for each in protection.sums(data):
        if isinstance(each.total, int) and not any(
            cell not in hidden and at(data, cell) for cell in each.parts
        ):
            continue
        own = {cell: factor for cell, factor in each.coefficients.items() if cell in hidden}
        equations.append((own, sum(factor * at(data, cell) for cell, factor in own.items())))
    return {
        cell
        for cell in small(data, protection)
        if not any(
            is_possible(equations, dict.fromkeys(hidden, (1, 200)) | {cell: bounds})
            for bounds in ((1, at(data, cell) - 1), (at(data, cell) + 1, 200))
        )
    }


Bounds = dict[Cell, tuple[int, int]]


def is_possible(equations: list[tuple[Equation, int]], bounds: Bounds) -> bool:
    """Whether the equations have a whole solution within bounds: narrowing, then trying halves."""
    narrowed = narrow(equations, bounds)
    if narrowed is None:
        return False
    wide = [cell for cell, (low, high) in narrowed.items() if low < high]
    if not wide:
        return True
    cell = min(wide, key=lambda each: narrowed[each][1] - narrowed[each][0])
    low, high = narrowed[cell]
    middle = (low + high) // 2
    halves = ((low, middle), (middle + 1, high))
    return any(is_possible(equations, narrowed | {cell: half}) for half in halves)


def narrow(equations: list[tuple[Equation, int]], bounds: Bounds) -> Bounds | None:
    """Bounds that no equation can narrow any more; None when one has no solution."""
    bounds, before = dict(bounds), None
    while bounds != before:
        before = dict(bounds)
        for own, made in equations:
            for cell, factor in own.items():
                ends = [
                    sorted((f * bounds[other][0], f * bounds[other][1]))
                    for other, f in own.items()
                    if other != cell
                ]
                low, high = sorted(
                    factor * (made - sum(end[side] for end in ends)) for side in (0, 1)
                )
                bounds[cell] = (max(bounds[cell][0], low), min(bounds[cell][1], high))
                if bounds[cell][0] > bounds[cell][1]:
                    return None
    return bounds if all(low <= high for low, high in bounds.values()) else None
