"""What looks identifying is masked; ids and codes of our own are left alone."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import new_id, new_reference
from shared.redaction import MASK, field_name, mask, mask_value


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
