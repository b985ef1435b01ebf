"""When two persons may be one: the score, the keys, and what is believed of whom."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.clients.identity import traits
from services.referral.clients.matching import (
    REVIEW_FROM,
    MatchFact,
    Traits,
    keys,
    likeness,
    names,
)
from services.referral.clients.rules import corrected, learned
from shared.phone import normalise
from tests.support.bodies import IDENTITY_CODES

BORN = date(1990, 1, 1)


def person(
    given: str = "", family: str = "", born: date | None = None, phone: str | None = None
) -> Traits:
    return Traits(None, names(given), names(family), born, phone)


name = st.sampled_from(["", "Matti", "Matti Juhani", "Maija", "Åke", "Ake"])
family = st.sampled_from(["", "Mäki", "Maki", "Virtanen", "Virtanen-Mäki"])
born = st.sampled_from([None, BORN, date(1990, 1, 2), date(1961, 5, 5)])
phone = st.sampled_from([None, "+358401234567", "+358409999999"])
code = st.sampled_from([None, *IDENTITY_CODES])
anybody = st.builds(Traits, code, name.map(names), family.map(names), born, phone)


@given(anybody, anybody)
def test_it_does_not_matter_who_is_named_first(one: Traits, other: Traits) -> None:
    assert likeness(one, other) == likeness(other, one)


@given(anybody, anybody)
def test_a_score_is_between_none_and_all(one: Traits, other: Traits) -> None:
    assert 0 <= likeness(one, other).score <= 1


@given(anybody, anybody)
def test_two_codes_decide_alone(one: Traits, other: Traits) -> None:
    if one.identity_code and other.identity_code:
        same = one.identity_code == other.identity_code
        assert likeness(one, other).score == (1.0 if same else 0.0)


@given(anybody, anybody)
def test_whoever_is_worth_a_look_is_found_by_a_key(one: Traits, other: Traits) -> None:
    if one.identity_code and other.identity_code:
        return
    if likeness(one, other).score >= REVIEW_FROM and MatchFact.PHONE in likeness(one, other).agree:
        assert set(keys(one)) & set(keys(other))
    if {MatchFact.BIRTH_DATE, MatchFact.GIVEN_NAME} <= set(likeness(one, other).agree):
        assert set(keys(one)) & set(keys(other))


@given(st.text("abcxyzåäöéABCXYZÅÄÖÉ -", max_size=30))
def test_names_are_the_same_however_they_are_written(text: str) -> None:
    assert names(text.upper()) == names(text.lower()) == names(f" {text}- ") == names(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mäki", "MAKI"),
        ("Åke Öhman", "öhman  ake"),
        ("Anna-Liisa", "anna liisa"),
        ("Nguyễn", "nguyen"),
        ("Sørensen", "Sorensen"),
        ("Strauß", "STRAUSS"),
    ],
)
def test_case_accents_hyphens_and_order_do_not_matter(one: str, other: str) -> None:
    assert names(one) == names(other)


@pytest.mark.parametrize(
    ("other", "score", "agree"),
    [
        (person("Matti", "Mäki", BORN, "+358401234567"), 1.0, 4),
        (person("MATTI", "Maki", BORN), 0.75, 3),
        (person("Mäki", "Matti", BORN), 0.75, 3),
        (person("Matti Juhani", "Mäki-Virtanen", BORN), 0.75, 3),
        (person(phone="+358401234567"), 0.4, 1),
        (person("Maija", "Mäki", None, "+358401234567"), 0.45, 2),
        (person("Maija", "Virtanen", None, "+358401234567"), 0.1, 1),
        (person("Matti", "Mäki", date(1990, 1, 2), "+358401234567"), 0.55, 3),
        (person("Matti", "Mäki", date(1961, 5, 5)), 0.15, 2),
        (person("Matti", "Mäki"), 0.45, 2),
        (person(), 0.0, 0),
    ],
)
def test_what_agrees_and_what_contradicts_is_weighed(
    other: Traits, score: float, agree: int
) -> None:
    found = likeness(person("Matti", "Mäki", BORN, "+358401234567"), other)
    assert (found.score, len(found.agree)) == (score, agree)


def test_a_name_without_a_date_of_birth_finds_nobody() -> None:
    assert keys(person("Matti", "Mäki")) == []
    assert keys(person()) == []


def test_the_date_of_birth_is_also_that_of_the_identity_code() -> None:
    coded = traits({"identity_code": IDENTITY_CODES[0], "family_name": "Mäki"})
    told = traits({"birth_date": "1990-01-01", "family_name": "MAKI"})
    assert coded.birth_date == told.birth_date == BORN
    assert set(keys(coded)) == set(keys(told))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("040 123 4567", "+358401234567"),
        ("+358 (0)40 123-4567", "+358401234567"),
        ("00358 40 1234567", "+358401234567"),
        ("+46 70 123 45 67", "+46701234567"),
        ("112", None),
        ("0", None),
    ],
)
def test_a_phone_number_has_one_form(written: str, number: str | None) -> None:
    assert normalise(written) == number


def told(**fields: object) -> dict[str, object]:
    return {"municipality": "398", "language": "fi", "non_disclosure_order": False} | fields


def test_a_later_referral_fills_in_and_its_way_to_reach_the_person_is_the_newest() -> None:
    known = told(given_name="Matti", phone="1", whereabouts="Asema")
    later = told(given_name="Mikko", family_name="Mäki", phone="2", municipality="091")
    assert learned(known, later) == told(
        given_name="Matti",
        family_name="Mäki",
        phone="2",
        whereabouts="Asema",
        municipality="091",
    )


@pytest.mark.parametrize(
    ("known", "before", "after", "believed"),
    [
        ({"given_name": "Mati"}, {"given_name": "Mati"}, {"given_name": "Matti"}, "Matti"),
        ({}, {}, {"given_name": "Matti"}, "Matti"),
        ({"given_name": "Maija"}, {"given_name": "Mati"}, {"given_name": "Matti"}, "Maija"),
        ({"given_name": "Mati"}, {"given_name": "Mati"}, {}, None),
        ({"given_name": "Maija"}, {"given_name": "Mati"}, {}, "Maija"),
    ],
)
def test_a_sender_corrects_its_own_word_of_who_a_person_is_and_nobody_elses(
    known: dict[str, object],
    before: dict[str, object],
    after: dict[str, object],
    believed: str | None,
) -> None:
    result = corrected(told(**known), told(**before), told(**after))
    assert result.get("given_name") == believed


def test_no_sender_lifts_a_non_disclosure_order() -> None:
    ordered = told(non_disclosure_order=True)
    assert learned(ordered, told())["non_disclosure_order"] is True
    assert learned(told(), ordered)["non_disclosure_order"] is True
    assert corrected(ordered, ordered, told())["non_disclosure_order"] is True
