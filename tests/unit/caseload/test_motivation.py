"""Falling points are a question to the client, never a verdict."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.caseload.motivation.queries import view_of
from services.caseload.motivation.rules import may_need_less
from services.caseload.notices import WORDS, Sign, notice
from services.caseload.tables import CaseLife

POINTS = st.integers(1, 10)
MOMENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@given(value=POINTS, before=st.none() | POINTS)
def test_only_fewer_points_ask_for_the_clients_own_reading(value: int, before: int | None) -> None:
    assert may_need_less(value, before) is (before is not None and value < before)


@given(value=POINTS, before=st.none() | POINTS)
def test_no_points_are_shown_as_deterioration(value: int, before: int | None) -> None:
    life = CaseLife(motivation=value, motivation_before=before, motivation_at=MOMENT)
    view = view_of(life)
    assert view is not None
    assert set(view.model_dump()) == {"value", "at", "before", "notes"}
    assert view.notes in ([], [notice(Sign.FEWER_POINTS_MAY_BE_GOOD)])
    words = WORDS[Sign.FEWER_POINTS_MAY_BE_GOOD].lower()
    assert "need may have fallen" in words
    assert not any(word in words for word in ("worse", "deteriorat", "decline", "bad"))
