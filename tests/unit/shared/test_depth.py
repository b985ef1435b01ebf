"""The depth of a JSON text is counted right wherever it is cut, whatever its strings hold."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.depth import Nesting, nesting_of


@pytest.mark.parametrize(
    ("text", "deepest"),
    [
        (b"", 0),
        (b"17", 0),
        (b"[]", 1),
        (b'{"a": [{}, [[1]], {"b": 2}]}', 4),
        (b'["[[[[", "{\\"[[[", "\\\\"]', 1),
        (b'["\\\\", ["\\\\\\"[["]]', 2),
        (b"[" * 40, 40),
        (b"]]]][[", 0),
    ],
)
def test_brackets_count_outside_strings_alone(text: bytes, deepest: int) -> None:
    assert nesting_of(text) == deepest


documents = st.recursive(
    st.none() | st.integers() | st.text(alphabet='"\\[]{}aä'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='"\\[]{}a'), inner),
)


def depth_of(document: Any) -> int:
    if isinstance(document, dict):
        document = list(document.values())
    if not isinstance(document, list):
        return 0
    return 1 + max(map(depth_of, document), default=0)


@given(document=documents, cuts=st.lists(st.integers(0, 400)), ascii_only=st.booleans())
def test_the_depth_is_that_of_the_parsed_document_wherever_the_text_is_cut(
    document: Any, cuts: list[int], ascii_only: bool
) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only).encode()
    nesting = Nesting()
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for begin, end in pairwise(places):
        nesting.feed(text[begin:end])
    assert nesting.deepest == depth_of(document)
