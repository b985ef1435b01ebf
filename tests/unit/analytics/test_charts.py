"""Charts: what is seen, what is said of it, and that nothing hidden can be found in the SVG."""

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.charts.drawing import svg
from services.analytics.charts.pictures import picture
from services.analytics.reports import endings
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import without_small
from shared.contracts.codes import ClosingReason
from tests.support.deeper import examples

TEAM = "01980000-0000-7000-8000-000000000201"
BARS = re.compile(r'<g class="mark-rect role-mark[^>]*>(.*?)</g>', re.DOTALL)


def ended(*counts: int) -> dict[str, Any]:
    total = sum(counts)
    return {
        "rows": [
            {"closing_reason": reason, "cases": count, "share": share(count, total)}
            for reason, count in zip(ClosingReason, counts, strict=False)
        ]
    }


def drawn(name: ReportName, data: dict[str, Any], language: str = "en") -> str:
    shown = without_small(data, REPORTS[name].protects)
    return svg(picture(name, shown, "2022", language))


def texts(drawing: str) -> list[str]:
    found = ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314
    return ["".join(each.itertext()) for each in found]


def bars(drawing: str) -> int:
    return sum(group.count("<path") for group in BARS.findall(drawing))


def test_a_bar_is_drawn_for_what_is_shown_and_named_in_words() -> None:
    drawing = drawn(ReportName.ENDINGS, ended(40, 12, 0))
    assert bars(drawing) == 3
    assert {"Why cases ended", "Handed over", "40", "12", "0"} <= set(texts(drawing))


def test_a_hidden_number_has_no_bar_and_is_not_taken_for_zero() -> None:
    drawing = drawn(ReportName.ENDINGS, ended(40, 3, 12, 0, 20))
    assert texts(drawing).count("not shown") == 2, "the small one, and one that keeps it hidden"
    assert texts(drawing).count("0") == 1
    assert bars(drawing) == 3
    assert any("1 to 4" in text for text in texts(drawing))


@settings(max_examples=examples(5))
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.randoms())
def test_what_readers_cannot_tell_apart_looks_the_same_to_the_last_letter(
    counts: list[int], chance: Any
) -> None:
    """The attack on a picture: two pasts that the answer does not tell apart give one picture."""
    seen: dict[str, str] = {}
    for _ in range(3):
        other = [*counts]
        chance.shuffle(other)
        shown = without_small(ended(*other, 30), endings.REPORT.protects)
        drawing = svg(picture(ReportName.ENDINGS, shown, "2022", "fi"))
        assert seen.setdefault(str(shown), drawing) == drawing
        hidden = [row for row in shown["rows"] if row["cases"] is None]
        assert bars(drawing) == len(shown["rows"]) - len(hidden)
        assert texts(drawing).count("ei näytetä") == len(hidden)


def week(number: int, open_cases: int) -> dict[str, Any]:
    return {
        "week": f"2022-W{number:02}",
        "team": TEAM,
        "workers": 2,
        "open_cases": open_cases,
        "cases_per_worker": open_cases / 2,
        "kept_visits": 9,
        "kept_per_worker": 4.5,
        "mean_days_between_visits": 7.0,
    }


def test_a_line_does_not_lead_over_weeks_that_are_hidden() -> None:
    weeks = [week(number, 3 if number in (5, 6) else 20) for number in range(1, 11)]
    drawing = drawn(ReportName.THROUGHPUT, {"rows": weeks})
    assert texts(drawing).count("×") == 4, "two weeks in both drawings"
    assert drawing.count('<g class="mark-line') == 4, "a line before and one after, in both"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_chart_says_in_words_what_it_shows(language: str) -> None:
    drawing = drawn(ReportName.ENDINGS, ended(40, 3, 12), language)
    root = ElementTree.fromstring(drawing)  # noqa: S314
    names = root.attrib["aria-labelledby"].split()
    title, description = (root.find(f"*[@id='{name}']") for name in names)
    assert root.attrib["role"] == "img"
    assert title is not None
    assert description is not None
    assert (
        title.text
        == {
            "fi": "Miksi asiakkuudet päättyivät",
            "sv": "Varför klientskapen upphörde",
            "en": "Why cases ended",
        }[language]
    )
    assert "40" in str(description.text)
    assert "aria-label=" not in drawing, "no words of the library beside ours"


def test_what_comes_from_outside_stays_text() -> None:
    rows = [{"type": "<b>&\"'", "service": "a_b", "municipality": "398", "reported": 9, "open": 8}]
    drawing = drawn(ReportName.SERVICE_GAPS, {"rows": rows})
    assert "<b>" not in drawing
    assert any("<b>&\"'" in text for text in texts(drawing))


def test_a_part_of_which_nothing_is_known_is_left_out() -> None:
    weeks = [{**week(number, 20), "workers": 0, "cases_per_worker": None} for number in (1, 2)]
    assert "Cases per worker" not in texts(drawn(ReportName.THROUGHPUT, {"rows": weeks}))


def test_of_nothing_the_chart_says_so() -> None:
    assert "Inget under perioden." in texts(drawn(ReportName.ENDINGS, {"rows": []}, "sv"))
