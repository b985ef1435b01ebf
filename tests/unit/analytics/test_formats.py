"""CSV, and who asks for what."""

import csv
import io

import pytest

from services.analytics.reports.formats import CSV, JSON, SVG, as_csv, chosen


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("text/csv", CSV),
        ("Text/CSV; charset=utf-8", CSV),
        ("text/csv, application/json;q=0.9", CSV),
        ("text/csv, */*;q=0.1", CSV),
        ("application/json, text/csv", JSON),
        ("text/csv;q=0.2, application/json;q=0.8", JSON),
        ("text/csv;q=nonsense", JSON),
        ("text/html, text/csv;header=present;q=0.5", CSV),
        (";;,,q=", JSON),
        ("image/svg+xml", SVG),
        ("image/svg+xml;q=0.5, text/csv;q=0.4", SVG),
        ("image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8", SVG),
        ("application/json, image/svg+xml", JSON),
    ],
)
def test_the_media_type_liked_best_is_given(accept: str | None, expected: str) -> None:
    assert chosen(accept) == expected


def test_rows_are_written_under_their_columns_and_small_numbers_stay_empty() -> None:
    rows = [{"kind": "self", "n": 7, "share": 0.7}, {"kind": "ngo", "n": None, "share": None}]
    text = as_csv({"rows": rows}, ("kind", "n", "share"))
    assert text == "kind,n,share\r\nself,7,0.7\r\nngo,,\r\n"


def test_figures_are_one_row() -> None:
    found = list(csv.DictReader(io.StringIO(as_csv({"new": 105, "earlier": 67}, ("new",)))))
    assert found == [{"new": "105"}]


def test_no_rows_leave_the_header() -> None:
    assert as_csv({"rows": []}, ("kind", "n")) == "kind,n\r\n"


def test_no_cell_is_a_formula() -> None:
    rows = [{"kind": "=cmd|' /C calc'!A0", "n": -7}, {"kind": "@SUM(1)", "n": None}]
    text = as_csv({"rows": rows}, ("kind", "n"))
    assert text == "kind,n\r\n'=cmd|' /C calc'!A0,-7\r\n'@SUM(1),\r\n"
