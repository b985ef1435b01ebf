"""A worker's list: what belongs on it on a day, in which order, in which words."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.handovers.rules import UNDER_WAY
from services.caseload.worklist import rules, wording
from services.caseload.worklist.rules import Client, Day, Item, Open, Section, What
from shared.calendar import FINLAND
from shared.contracts.codes import VisitLocation
from shared.languages import LANGUAGES

IDS = [UUID(f"01980000-0000-7000-8000-{number:012}") for number in range(9)]
CLIENT, OTHER = Client(IDS[0], IDS[1]), Client(IDS[2], IDS[3])
ABOUT = IDS[4]


def at(day: int, hour: int = 9) -> datetime:
    """An hour of a day of November 2026, in Finland."""
    return datetime(2026, 11, day, hour, tzinfo=FINLAND)


TODAY = Day(at(24))
NEW = Open(CLIENT, at(20), at(26), None, None, False, False, 14)
KNOWN = replace(NEW, reached=at(21))


def on_list(case: Open, day: Day = TODAY) -> list[tuple[str, str]]:
    return [(item.section, item.what) for item in rules.of_case(case, day)]


@pytest.mark.parametrize(
    ("due_at", "expected"),
    [
        (at(24, 8), [("overdue", "contact")]),
        (at(24, 9), [("due_today", "contact")]),
        (at(24, 16), [("due_today", "contact")]),
        (at(25, 0), []),
    ],
)
def test_who_is_to_be_reached_today_or_should_have_been_is_on_the_list(
    due_at: datetime, expected: list[tuple[str, str]]
) -> None:
    assert on_list(replace(NEW, contact_due_at=due_at)) == expected
    assert on_list(replace(KNOWN, contact_due_at=due_at)) == []


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (date(2026, 11, 23), [("overdue", "assessment")]),
        (date(2026, 11, 24), [("due_today", "assessment")]),
        (date(2026, 11, 25), []),
        (None, []),
    ],
)
def test_an_assessment_is_on_the_list_until_it_has_begun(
    due_on: date | None, expected: list[tuple[str, str]]
) -> None:
    case = replace(KNOWN, assessment_due_on=due_on)
    assert on_list(case) == expected
    assert on_list(replace(case, is_assessed=True)) == []


def test_who_came_back_is_asked_what_they_consent_to() -> None:
    assert on_list(replace(KNOWN, consent_to_ask=True)) == [("questions", "consent_question")]


@given(st.integers(1, 60), st.integers(0, 90))
def test_a_client_is_quiet_after_more_days_than_agreed(cadence: int, silent: int) -> None:
    case = replace(KNOWN, reached=TODAY.now - timedelta(days=silent), days_between=cadence)
    assert on_list(case) == ([("quiet", "quiet_client")] if silent > cadence else [])


def test_a_client_whom_nobody_reached_yet_is_not_called_quiet() -> None:
    assert on_list(replace(NEW, opened_at=at(1), days_between=1)) == []


def test_a_client_who_is_met_today_is_not_called_quiet() -> None:
    quiet = list(rules.of_case(replace(KNOWN, reached=at(1)), TODAY))
    visit = rules.of_visit(CLIENT, ABOUT, at(24, 14), VisitLocation.HOME, TODAY)
    others = rules.of_visit(OTHER, ABOUT, at(24, 14), VisitLocation.HOME, TODAY)
    assert rules.in_order([*quiet, visit]) == [visit]
    assert rules.in_order([*quiet, others]) == [others, *quiet]


def test_a_visit_of_an_earlier_day_is_to_be_written_down() -> None:
    earlier = rules.of_visit(CLIENT, ABOUT, at(23, 23), VisitLocation.HOME, TODAY)
    today = rules.of_visit(CLIENT, ABOUT, at(24, 0), VisitLocation.HOME, TODAY)
    assert (earlier.section, earlier.what) == (Section.OVERDUE, What.VISIT_TO_RECORD)
    assert (today.section, today.what) == (Section.VISITS_TODAY, What.VISIT)


def test_a_day_begins_with_what_is_late_the_longest() -> None:
    visit = rules.of_visit(OTHER, ABOUT, at(24, 10), VisitLocation.OUTSIDE, TODAY)
    handover = rules.of_handover(CLIENT, ABOUT, UNDER_WAY[0], at(30), at(20))
    review = rules.of_review(CLIENT, date(2026, 11, 24), TODAY)
    follow_up = rules.of_follow_up(OTHER, ABOUT, 30, at(22), TODAY)
    (contact,) = rules.of_case(replace(NEW, contact_due_at=at(23)), TODAY)
    (assessment,) = rules.of_case(replace(KNOWN, assessment_due_on=date(2026, 11, 20)), TODAY)
    expected = [assessment, follow_up, contact, review, visit, handover]
    assert rules.in_order(reversed(expected)) == expected


def every_item() -> list[Item]:
    """One of each that can be, late and not."""
    cases = [
        replace(NEW, contact_due_at=at(23)),
        replace(NEW, contact_due_at=at(24, 16)),
        replace(KNOWN, assessment_due_on=date(2026, 11, 23)),
        replace(KNOWN, assessment_due_on=date(2026, 11, 24), consent_to_ask=True),
        replace(KNOWN, reached=at(1)),
    ]
    found = [item for case in cases for item in rules.of_case(case, TODAY)]
    for location, day in product(VisitLocation, (23, 24)):
        found.append(rules.of_visit(CLIENT, ABOUT, at(day), location, TODAY))
    for state in UNDER_WAY:
        found.append(rules.of_handover(CLIENT, ABOUT, state, at(30), at(20)))
    for day in (20, 24):
        found.append(rules.of_follow_up(CLIENT, ABOUT, 30, at(day, 8), TODAY))
        found.append(rules.of_review(CLIENT, at(day).date(), TODAY))
    return found


def test_everything_is_said_in_three_languages_and_nothing_left_blank() -> None:
    items = every_item()
    assert {item.what for item in items} == set(What)
    for item in items:
        said = {wording.sentence(item, language) for language in LANGUAGES}
        assert len(said) == 3
        for text in said:
            assert text.endswith((".", "?"))
            assert not [blank for blank in ("{", "None", "  ", " .", " ,") if blank in text]


@pytest.mark.parametrize(
    ("language", "late", "visit"),
    [
        (
            "fi",
            "Asiakasta ei ole tavoitettu ajoissa: määräaika oli 23.11.2026 klo 9.00.",
            "Käynti tänään klo 14.05, asiakkaan kotona.",
        ),
        (
            "sv",
            "Klienten har inte nåtts i tid: fristen gick ut 23.11.2026 kl. 9.00.",
            "Besök i dag kl. 14.05, hemma hos klienten.",
        ),
        (
            "en",
            "The client was not reached in time: it was due 23.11.2026 09:00.",
            "Visit today at 14:05, at the client's home.",
        ),
    ],
)
def test_a_worker_reads_when_and_where(language: str, late: str, visit: str) -> None:
    (contact,) = rules.of_case(replace(NEW, contact_due_at=at(23)), TODAY)
    today = rules.of_visit(
        CLIENT, ABOUT, at(24, 14) + timedelta(minutes=5), VisitLocation.HOME, TODAY
    )
    assert wording.sentence(contact, language) == late
    assert wording.sentence(today, language) == visit
