"""What an export does to values, and which format a caller is given."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.exports.formats import CSV, PARQUET, chosen
from services.analytics.exports.rules import STEPS, harmless


@given(st.sampled_from("=+-@\t\r\n＝＋－＠"), st.text())
def test_no_cell_is_a_formula(first: str, rest: str) -> None:
    assert harmless(first + rest) == f"'{first}{rest}"


@given(st.integers() | st.none() | st.from_regex(r"[a-z0-9*_][a-z0-9_=-]*", fullmatch=True))
def test_every_other_cell_is_as_it_was(value: object) -> None:
    assert harmless(value) == value


def test_each_step_tells_less_than_the_one_before() -> None:
    for finer, coarser in pairwise(STEPS):
        assert finer.untold <= coarser.untold
        assert finer != coarser
        assert len(coarser.day_format) <= len(finer.day_format)


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        (None, CSV),
        ("*/*", CSV),
        ("text/*", CSV),
        (PARQUET, PARQUET),
        (f"{PARQUET}, text/csv;q=0.5", PARQUET),
        ("application/*;q=0.2, text/csv;q=0.1", PARQUET),
        ("application/json", None),
        ("text/csv;q=0", None),
        ("text/csv;q=none", None),
    ],
)
def test_the_format_is_the_one_that_is_liked_best(accept: str | None, format: str | None) -> None:
    assert chosen(accept) == format
