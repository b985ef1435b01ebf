"""What looks identifying is masked; ids and codes of our own are left alone."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import new_id, new_reference
from shared.redaction import MASK, field_name, looks_identifying, mask, mask_value


@pytest.mark.parametrize(
    "text",
    [
        "131052-308T",
        "/v1/clients/131052a308t",
        "code=010516B903X&x",
        "+358 40 123 4567",
        "%2B358401234567",
        "040 1234567",
        "0501234567",
        "matti@example.fi",
        "q=matti%40example.fi",
    ],
)
def test_identifying_text_is_masked(text: str) -> None:
    assert MASK in mask(text)
    assert "308" not in mask(text).replace("/v1", "")


@given(st.integers(0, 2**128 - 1))
def test_ids_are_left_alone(number: int) -> None:
    for text in (str(UUID(int=number)), f"{number:032x}", str(new_id()), new_reference()):
        assert mask(text) == text


@pytest.mark.parametrize(
    "text", ["2026-11-22T14:30:53.691359Z", "1.2.246.10.99901019", "nopsa.case.v1", "398"]
)
def test_our_own_codes_are_left_alone(text: str) -> None:
    assert mask(text) == text


def test_nested_values_are_masked_too() -> None:
    assert mask_value({"a": ["call 0401234567", 5]}) == {"a": [f"call {MASK}", 5]}


@pytest.mark.parametrize(
    ("name", "shown"), [("given_name", "given_name"), (3, "3"), ("131052-308T", MASK), ("Ä", MASK)]
)
def test_only_what_is_shaped_like_a_field_name_is_echoed(name: object, shown: str) -> None:
    assert field_name(name) == shown


@pytest.mark.parametrize(
    "text",
    [
        "010190-900P",
        "Hetu010190-900Pjatkuu",
        "010190–900P",
        "010190 - 900p",
        "010190900P",
        "01.01.1990-900P",
        "０１０１９０-９００Ｐ",
        "0\N{ZERO WIDTH SPACE}10190-900P",
        "Soita 040 123 4567.",
        "040 12 34 567",
        "040.123.4567",
        "040/1234567",
        "(09) 310 1691",
        "03 7331234",
        "00358401234567",
        "+46 70 123 45 67",
        "a@b.fi",
        "matti (at) posti . fi",
        "matti[at]posti[piste]fi",
    ],
)
def test_text_is_not_anonymous_with_an_identity_code_phone_or_email(text: str) -> None:
    assert looks_identifying(text)
    assert looks_identifying(f"Asiakkaan tilanne: {text} (kysytty)")


@pytest.mark.parametrize(
    "text",
    [
        "Asuu tukiasunnossa 12.3.2026 alkaen, klo 08:30-16",
        "Sopimus 01.01.2024–31.12.2024, jatko 01.01.2025-300 euroa",
        "5/12/2026 ja 2026-01-05",
        "00100 Helsinki tai 01300 Vantaa, 2 asuntoa",
        "15 % peruuntui, 18 asiakasta, 15,3 käyntiä",
        "1 670 000 euroa vuodessa (v. 2022), 7,2-kertainen",
        "SHL 36 § 2 mom, tuki 24/7, 0,5 htv",
        "01980000-0000-7000-8000-000000000201",
        "Puhelin on kadonnut",
    ],
)
def test_text_with_dates_sums_and_postcodes_is_anonymous(text: str) -> None:
    assert not looks_identifying(text)
