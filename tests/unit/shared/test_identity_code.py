"""Finnish personal identity codes after the reform of 2023."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity_code import birth_date_of, normalise

SEPARATORS = "+-YXWVUABCDEF"
CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def code(day: str, separator: str, number: str) -> str:
    return f"{day}{separator}{number}{CHECK[int(day + number) % 31]}"


@pytest.mark.parametrize("separator", SEPARATORS)
def test_every_separator_is_taken(separator: str) -> None:
    valid = code("010103", separator, "002")
    assert normalise(valid.lower(), allow_test_codes=False) == valid


@pytest.mark.parametrize("separator", SEPARATORS)
@given(number=st.integers(2, 899), wrong=st.sampled_from(CHECK))
def test_a_wrong_check_mark_is_refused(separator: str, number: int, wrong: str) -> None:
    valid = code("010103", separator, f"{number:03}")
    if wrong == valid[-1]:
        return
    with pytest.raises(ValueError, match="not a valid Finnish personal identity code") as refusal:
        normalise(valid[:-1] + wrong, allow_test_codes=False)
    assert valid[:6] not in str(refusal.value)


def test_the_900_series_is_for_tests_only() -> None:
    assert normalise("010190-900P", allow_test_codes=True)
    with pytest.raises(ValueError, match="not a valid"):
        normalise("010190-900P", allow_test_codes=False)


@pytest.mark.parametrize("nonsense", ["", "131052", "320152-308T", "131352-308T", "131052_308T"])
def test_what_is_no_code_is_refused(nonsense: str) -> None:
    with pytest.raises(ValueError, match="not a valid"):
        normalise(nonsense, allow_test_codes=True)


@pytest.mark.parametrize(
    ("separator", "year"), [("+", 1803), ("-", 1903), ("U", 1903), ("A", 2003), ("F", 2003)]
)
def test_the_separator_tells_the_century(separator: str, year: int) -> None:
    assert birth_date_of(code("010103", separator, "002")) == date(year, 1, 1)
