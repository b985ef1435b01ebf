"""Ages, dates and words of the intake."""

from datetime import date

import pytest

from services.referral.clients.rules import age_group
from services.referral.intake.rules import birth_date_error, release_date_error
from services.referral.partners.rules import is_authority
from services.referral.wording import next_step, preferred_language
from shared.contracts.codes import PartnerKind

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("born", "group"),
    [
        (None, "unknown"),
        (date(2008, 11, 23), "under_18"),
        (date(2008, 11, 22), "18-29"),
        (date(1996, 11, 23), "18-29"),
        (date(1996, 11, 22), "30-64"),
        (date(1961, 11, 22), "65-75"),
        (date(1951, 11, 22), "65-75"),  # 75 today: not yet over 75
        (date(1950, 11, 22), "over_75"),
    ],
)
def test_the_age_group_is_that_of_full_years(born: date | None, group: str) -> None:
    assert age_group(born, TODAY) == group


@pytest.mark.parametrize(
    ("born", "of_code", "error"),
    [
        (None, None, None),
        (date(1990, 1, 1), None, None),
        (date(1990, 1, 1), date(1990, 1, 1), None),
        (date(1990, 1, 2), date(1990, 1, 1), "birth_date_contradicts_identity_code"),
        (date(2026, 11, 23), None, "birth_date_impossible"),
        (date(1890, 1, 1), None, "birth_date_impossible"),
    ],
)
def test_a_birth_date_must_be_possible(
    born: date | None, of_code: date | None, error: str | None
) -> None:
    assert birth_date_error(born, of_code, TODAY) == error


@pytest.mark.parametrize(
    ("leaves", "impossible"),
    [
        (None, False),
        (date(2026, 11, 1), False),
        (date(2028, 1, 1), False),
        (date(2096, 1, 1), True),
    ],
)
def test_a_release_is_not_decades_away(leaves: date | None, impossible: bool) -> None:
    assert (release_date_error(leaves, TODAY) is not None) is impossible


@pytest.mark.parametrize("kind", PartnerKind)
def test_authorities_are_social_health_prison_probation_and_police(kind: PartnerKind) -> None:
    others = {
        "landlord", "immigration_service", "employment_service", "ngo", "relative", "self", "other",
    }  # fmt: skip
    assert is_authority(kind) is (kind not in others)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "fi"),
        ("", "fi"),
        ("sv", "sv"),
        ("en-GB", "en"),
        ("de", "fi"),
        ("de, sv;q=0.5, en;q=0.9", "en"),
        ("en;q=x, sv", "sv"),
        ("*", "fi"),
    ],
)
def test_the_language_is_the_best_of_ours(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


def test_what_a_non_authority_is_told_promises_nothing() -> None:
    assert "cannot tell" in next_step("en", authority=False)
    assert next_step("en", authority=True) != next_step("en", authority=False)
