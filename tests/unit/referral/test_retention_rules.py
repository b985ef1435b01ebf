"""How long matters are kept, and that no place that identifies is forgotten by erasure."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import LargeBinary

from services.referral.retention.places import KEPT, OF_A_PERSON, OF_A_REFERRAL
from services.referral.retention.rules import (
    CLOSED,
    RULES,
    Matter,
    Rule,
    is_past,
    kept_until,
    matter_of,
)
from services.referral.retention.settings_file import rules_of
from services.referral.tables import Base
from services.referral.transitions import OPEN
from shared.contracts.codes import AgeGroup, PartnerKind, Reason, ReferralStatus

TEN = Rule(10, "a source")
DAYS = st.dates(date(2000, 1, 1), date(2080, 12, 31))


@pytest.mark.parametrize(
    ("closed_on", "last_day"),
    [
        (date(2016, 5, 10), date(2026, 5, 10)),
        (date(2016, 2, 29), date(2026, 2, 28)),
        (date(2018, 2, 28), date(2028, 2, 28)),
        (date(2016, 12, 31), date(2026, 12, 31)),
    ],
)
def test_ten_years_end_on_the_same_day_or_the_last_of_its_month(
    closed_on: date, last_day: date
) -> None:
    assert kept_until(closed_on, 10) == last_day
    assert not is_past(closed_on, TEN, last_day)
    assert is_past(closed_on, TEN, last_day + timedelta(days=1))


@given(closed_on=DAYS, later=DAYS)
def test_what_is_past_stays_past_and_nothing_is_past_before_ten_years(
    closed_on: date, later: date
) -> None:
    if is_past(closed_on, TEN, later):
        assert later.year - closed_on.year >= 10
        assert is_past(closed_on, TEN, later + timedelta(days=1))


def test_without_years_nothing_is_ever_past() -> None:
    assert not is_past(date(1900, 1, 1), Rule(None, "undecided"), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("kind", "reasons", "age", "matter"),
    [
        ("prison", ["release"], "30-64", Matter.WORKING_AGE_SERVICES),
        ("landlord", ["rent_arrears"], "unknown", Matter.WORKING_AGE_SERVICES),
        ("prison", ["release", "substance_use"], "30-64", Matter.SUBSTANCE_SERVICES),
        ("substance_service", ["debt"], "over_75", Matter.SUBSTANCE_SERVICES),
        ("hospital_ward", ["discharge"], "over_75", Matter.SERVICES_FOR_OLDER_PEOPLE),
        ("substance_service", ["substance_use"], "under_18",
         Matter.SERVICES_FOR_FAMILIES_WITH_CHILDREN),
    ],
)  # fmt: skip
def test_a_referral_is_the_matter_it_asks_for(
    kind: str, reasons: list[str], age: str, matter: Matter
) -> None:
    found = matter_of(PartnerKind(kind), [Reason(one) for one in reasons], AgeGroup(age))
    assert found == matter


def test_every_matter_has_its_years_and_a_source() -> None:
    assert {matter: rule.years for matter, rule in RULES.items()} == {
        Matter.WORKING_AGE_SERVICES: 10,
        Matter.SERVICES_FOR_OLDER_PEOPLE: 10,
        Matter.SUBSTANCE_SERVICES: 10,
        Matter.SERVICES_FOR_FAMILIES_WITH_CHILDREN: 30,
    }
    assert all("703/2023" in rule.source for rule in RULES.values())
    assert all(rule.service_function is None for rule in RULES.values())


def test_every_status_is_open_or_closed() -> None:
    assert CLOSED | frozenset(OPEN) == frozenset(ReferralStatus)
    assert not CLOSED & frozenset(OPEN)


def test_the_retention_file_changes_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "retention.json"
    file.write_text(
        json.dumps(
            {
                "substance_services": {"service_function": "made-up-1"},
                "working_age_services": {"years": 12, "source": "decision of the county"},
            }
        )
    )
    rules = rules_of(file)
    assert rules[Matter.WORKING_AGE_SERVICES] == Rule(12, "decision of the county")
    assert rules[Matter.SUBSTANCE_SERVICES].years == 10
    assert rules[Matter.SUBSTANCE_SERVICES].service_function == "made-up-1"
    assert rules_of(None) == RULES


@pytest.mark.parametrize(
    "content",
    ["[]", '{"unheard_of": {}}', '{"substance_services": {"years": 0, "source": "x"}}',
     '{"substance_services": {"years": 5}}'],
)  # fmt: skip
def test_a_wrong_retention_file_is_refused_at_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "retention.json"
    file.write_text(content)
    with pytest.raises(ValueError, match="error"):
        rules_of(file)


def test_every_column_that_may_identify_is_known_to_retention() -> None:
    """A new sealed or hashed column fails here until `places` says what erasure does to it."""
    identifying = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
        or column.name.endswith(("_sealed", "_index", "_fingerprint"))
        or column.name == "external_id"
    }
    erased = set()
    for place in (*OF_A_REFERRAL, *OF_A_PERSON):
        columns = place.blanks or Base.metadata.tables[place.name].columns.keys()
        erased |= {f"{place.name}.{column}" for column in columns}
    assert identifying - erased - KEPT.keys() == set()
    assert KEPT.keys() <= identifying - erased
