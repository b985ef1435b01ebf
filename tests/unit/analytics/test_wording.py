"""The table of words is whole, and says what the reports say."""

from collections.abc import Iterable
from string import Formatter

import pytest

from services.analytics.charts.panels import PANELS
from services.analytics.dashboard.cards import KEY_FIGURES, SECTIONS
from services.analytics.reports import consents, counterfactual_cost, durations, motivation, queries
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.service_ladder import STEPS
from services.analytics.wording import catalogue as words
from services.analytics.wording.numbers import figure
from shared.contracts import codes

LISTS: dict[str, Iterable[str]] = {
    "source_kind": codes.PartnerKind,
    "closing_reason": codes.ClosingReason,
    "alternative_service": counterfactual_cost.ALTERNATIVES,
    "service_type": codes.HousingService,
    "step": STEPS,
    "production": codes.Production,
    "channel": codes.ServiceChannel,
    "urgency": codes.Urgency,
    "location": codes.VisitLocation,
    "housing_status": codes.HousingStatus,
    "age_group": codes.AgeGroup,
    "direction": [*codes.ConsentDirection, consents.EVERY],
    "change": motivation.CHANGES,
    "bucket": durations.BUCKETS,
    "cohort": durations.COHORTS,
    "area": codes.GoalArea,
}


def test_every_text_is_there_in_every_language() -> None:
    for key, texts in words.all_words().items():
        assert all(text.strip() for text in texts), key


def test_the_gaps_of_a_text_are_the_same_in_every_language() -> None:
    for key, texts in words.all_words().items():
        gaps = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in texts]
        assert gaps[0] == gaps[1] == gaps[2], key


@pytest.mark.parametrize("name", LISTS)
def test_every_code_has_its_words_and_no_two_the_same(name: str) -> None:
    known = words.all_words()
    for number in range(3):
        said = [known[f"code:{name}", str(code)][number] for code in LISTS[name]]
        assert len(set(said)) == len(said)


def test_every_report_its_columns_and_its_place_on_the_page_are_there() -> None:
    known = words.all_words()
    placed = [name for names in SECTIONS.values() for name in names]
    assert sorted(placed) == sorted(PANELS) == sorted(ReportName)
    for name, report in REPORTS.items():
        assert ("report", name) in known
        for column in (*report.columns, *report.protects.counts, *report.protects.rests):
            assert ("column", column) in known, column
        for option in report.options:
            assert ("page", option) in known
    panels = [panel for each in PANELS.values() for panel in each]
    for code in (*SECTIONS, *(panel.title for panel in panels if panel.title)):
        assert ("page", code) in known, code
    assert all(("page", f"key_{name}") in known for _, name in KEY_FIGURES)


def test_the_english_of_the_table_is_what_the_reports_say() -> None:
    """Whoever changes a definition or a note finds its translations by this."""
    notes = [
        queries.SMALL_NUMBERS,
        queries.NOT_PUBLISHED,
        queries.GOES_ON,
        *counterfactual_cost.ASSUMPTIONS,
    ]
    notes += [note for report in REPORTS.values() for note in report.notes]
    for english in (*(report.definition for report in REPORTS.values()), *notes):
        for language in ("fi", "sv"):
            assert words.translated(english, language) != english, english


def test_a_sentence_keeps_what_stands_in_its_gaps() -> None:
    english = "round_the_clock: prices of 2022, an {odd} source (2021)"
    finnish = "ympärivuorokautinen asuminen: vuoden 2022 hinnat, an {odd} source (2021)"
    assert words.translated(english, "fi") == finnish


@pytest.mark.parametrize(
    ("name", "value", "fi", "en"),
    [
        ("clients", 1221, "1\u00a0221", "1,221"),
        ("share", 0.4625, "46,2\u00a0%", "46.2%"),
        ("cost_eur", "1670000.00", "1\u00a0670\u00a0000\u00a0€", "€1,670,000"),
        ("cost_eur", "0.50", "0,50\u00a0€", "€0.50"),
        ("median_days", 63.5, "63,5", "63.5"),
        ("median_days", None, "–", "–"),
    ],
)
def test_figures_are_written_as_people_write_them(
    name: str, value: object, fi: str, en: str
) -> None:
    assert (figure(name, value, "fi"), figure(name, value, "en")) == (fi, en)


def test_a_code_of_a_countys_own_stands_for_itself() -> None:
    assert words.meaning("type", "long_queue", "sv") == "long queue"
    assert words.meaning("municipality", "398", "sv") == "Lahtis"
