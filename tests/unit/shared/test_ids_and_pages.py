"""Ids sort by time, references are safe to read aloud, cursors go there and back."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import REFERENCE_ALPHABET, new_id, new_reference
from shared.pagination import decode_cursor, encode_cursor, page_of
from shared.problems import Problem


def test_ids_are_version_7_and_sort_by_the_time_of_their_making() -> None:
    ids = [new_id() for _ in range(500)]
    assert ids == sorted(ids)
    assert {made.version for made in ids} == {7}


def test_references_hold_no_letter_that_could_be_misread() -> None:
    for _ in range(200):
        reference = new_reference()
        assert len(reference) == 10
        assert reference[0] == "R"
        assert set(reference[1:]) <= set(REFERENCE_ALPHABET) | {"-"}
    assert not set("01IOLSAEUYB5Z") & set(REFERENCE_ALPHABET)


@given(st.uuids())
def test_a_cursor_goes_there_and_back(last: UUID) -> None:
    assert decode_cursor(encode_cursor(last)) == last


@given(st.text(max_size=50).filter(lambda text: len(text) != 22))
def test_any_other_cursor_is_a_problem_of_the_caller(text: str) -> None:
    with pytest.raises(Problem) as raised:
        decode_cursor(text)
    assert raised.value.kind.code == "invalid_cursor"


@pytest.mark.parametrize(("count", "limit", "more"), [(0, 3, False), (3, 3, False), (4, 3, True)])
def test_a_page_has_a_next_only_when_there_is_more(count: int, limit: int, more: bool) -> None:
    rows = [UUID(int=number) for number in range(1, count + 1)]
    page = page_of(rows, limit, lambda row: row, str)
    assert page.items == [str(row) for row in rows[:limit]]
    assert (page.next is not None) is more
