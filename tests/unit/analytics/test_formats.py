"""CSV, and who asked for it."""

import csv
import io

import pytest

from services.analytics.reports.formats import as_csv, wants_csv


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/csv", True),
        ("Text/CSV; charset=utf-8", True),
        ("text/csv, application/json;q=0.9", True),
        ("text/csv, */*;q=0.1", True),
        ("application/json, text/csv", False),
        ("text/csv;q=0.2, application/json;q=0.8", False),
        ("text/csv;q=nonsense", False),
        ("text/html, text/csv;header=present;q=0.5", True),
        (";;,,q=", False),
    ],
)
def test_csv_is_given_to_those_who_like_it_better(accept: str | None, expected: bool) -> None:
    assert wants_csv(accept) is expected


def test_rows_are_written_under_their_columns_and_small_numbers_stay_empty() -> None:
    rows = [{"kind": "self", "n": 7, "share": 0.7}, {"kind": "ngo", "n": None, "share": None}]
    text = as_csv({"rows": rows}, ("kind", "n", "share"))
    assert text == "kind,n,share\r\nself,7,0.7\r\nngo,,\r\n"


def test_figures_are_one_row() -> None:
    found = list(csv.DictReader(io.StringIO(as_csv({"new": 105, "earlier": 67}, ("new",)))))
    assert found == [{"new": "105"}]


def test_no_rows_leave_the_header() -> None:
    assert as_csv({"rows": []}, ("kind", "n")) == "kind,n\r\n"
