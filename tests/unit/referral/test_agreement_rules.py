"""Which version of an agreement holds, and what it makes of a referral."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.agreements.rules import covers, is_in_force, last_day, redirect_reason
from services.referral.partners.rules import may_speak

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("valid_to", "last"),
    [
        (None, date(2026, 5, 31)),
        (date(2026, 6, 1), date(2026, 5, 31)),
        (date(2026, 12, 31), date(2026, 5, 31)),
        (date(2026, 5, 31), date(2026, 5, 31)),
        (date(2026, 5, 10), date(2026, 5, 10)),  # over already, and stays so
    ],
)
def test_a_version_ends_the_day_before_the_next_begins(valid_to: date | None, last: date) -> None:
    assert last_day(valid_to, next_begins=JUNE) == last


@pytest.mark.parametrize(
    ("day", "holds"),
    [(MAY - DAY, False), (MAY, True), (JUNE, True), (JUNE + DAY, False)],
)
def test_both_days_of_a_validity_count(day: date, holds: bool) -> None:
    assert is_in_force(MAY, JUNE, day) is holds
    assert is_in_force(MAY, None, day) is (day >= MAY)


def test_a_version_that_was_overtaken_before_it_began_never_holds() -> None:
    overtaken = last_day(None, next_begins=MAY)
    assert not any(is_in_force(JULY, overtaken, JUNE + DAY * n) for n in range(90))


days = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(made=st.lists(st.tuples(days, st.none() | st.integers(0, 40)), max_size=8), day=days)
def test_on_no_day_do_two_versions_hold_and_it_is_the_newest_that_has_begun(
    made: list[tuple[date, int | None]], day: date
) -> None:
    versions: list[tuple[date, date | None]] = []
    for begins, length in made:
        versions = [(start, last_day(end, begins)) for start, end in versions]
        versions.append((begins, None if length is None else begins + DAY * length))
    holding = [n for n, (begins, ends) in enumerate(versions) if is_in_force(begins, ends, day)]
    begun = [n for n, (begins, _) in enumerate(versions) if begins <= day]
    assert len(holding) <= 1
    assert set(holding) <= set(begun[-1:])


@pytest.mark.parametrize(
    ("groups", "covered"),
    [
        (set(), True),
        ({"18-29"}, True),
        ({"debt", "homelessness"}, True),
        ({"30-64", "debt"}, False),
        ({"unknown"}, False),
    ],
)
def test_a_person_is_covered_by_age_or_by_any_reason(groups: set[str], covered: bool) -> None:
    assert covers(groups, "18-29", {"homelessness", "isolation"}) is covered


@pytest.mark.parametrize(
    ("in_force", "covered", "quota", "used", "reason"),
    [
        (True, True, None, 1000, None),
        (True, True, 10, 9, None),
        (True, True, 10, 10, "over_quota"),
        (True, True, 0, 0, "over_quota"),
        (True, False, None, 0, "outside_agreement"),
        (True, False, 10, 10, "outside_agreement"),
        (False, True, 10, 0, "outside_agreement"),
        (False, False, None, 0, "outside_agreement"),
    ],
)
def test_why_a_referral_is_redirected(
    in_force: bool, covered: bool, quota: int | None, used: int, reason: str | None
) -> None:
    found = redirect_reason(in_force=in_force, covered=covered, quota=quota, used=used)
    assert found == reason


@pytest.mark.parametrize(
    ("named", "speaks"), [([], True), (["ward-app"], True), (["other", "another"], False)]
)
def test_a_client_speaks_for_a_partner_that_named_it_or_nobody(
    named: list[str], speaks: bool
) -> None:
    assert may_speak(named, "ward-app") is speaks
