"""What may be kept of a referral whose client refused, over every basis and field."""

from datetime import date

import pytest

from services.referral.content.rules import BEYOND, WITHOUT_CONSENT, due_on, within_basis
from services.referral.intake.schemas import HousingBody
from shared.contracts.codes import LawfulBasis

TOLD = {
    "client": {"given_name": "Testi", "whereabouts": "Matkakeskus"},
    "narrative": "Nukkuu portaikossa.",
    "no_consent_reason": "Ei tavoiteta",
    "contact_person": {"name": "Siiri"},
    "housing": dict.fromkeys(HousingBody.model_fields, "told"),
}


def test_every_basis_says_what_goes_beyond_it() -> None:
    assert set(BEYOND) == set(LawfulBasis)
    housing = {field for parts in BEYOND.values() for field in parts.get("housing", ())}
    assert housing <= set(HousingBody.model_fields)


@pytest.mark.parametrize("basis", [LawfulBasis.CONSENT, LawfulBasis.SELF])
def test_what_the_client_agreed_to_is_kept(basis: LawfulBasis) -> None:
    assert basis not in WITHOUT_CONSENT
    assert within_basis(basis, TOLD) == TOLD


@pytest.mark.parametrize("basis", sorted(WITHOUT_CONSENT))
def test_without_consent_who_needs_support_and_why_is_kept_and_no_more(basis: LawfulBasis) -> None:
    kept = within_basis(basis, TOLD)
    assert set(kept) == set(TOLD) - {"narrative"}
    assert {name for name, value in kept["housing"].items() if value} == {
        "status",
        "eviction_stage",
    }
    assert (kept["client"], kept["contact_person"]) == (TOLD["client"], TOLD["contact_person"])
    assert within_basis(basis, kept) == kept
    assert within_basis(basis, {"text": "Muutti pois", "housing": None}) == {"housing": None}


def test_it_is_due_so_many_days_after_the_refusal() -> None:
    assert due_on(date(2026, 11, 22), 30) == date(2026, 12, 22)
