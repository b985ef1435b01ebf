"""Days and instants that a body or a parameter names."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.when import FIRST_DAY, LAST_DAY, Day, Instant

DAYS = TypeAdapter[date](Day)
INSTANTS = TypeAdapter[datetime](Instant)


def code_of(refused: pytest.ExceptionInfo[ValidationError]) -> str:
    return refused.value.errors()[0]["type"]


@given(st.dates(FIRST_DAY, LAST_DAY))
def test_every_day_within_reach_is_read_back(day: date) -> None:
    assert DAYS.validate_python(day.isoformat()) == day


@given(st.datetimes(datetime(1880, 1, 2), datetime(2199, 12, 30)))
def test_every_instant_within_reach_is_read_back(moment: datetime) -> None:
    told = moment.replace(tzinfo=UTC)
    assert INSTANTS.validate_python(told.isoformat()) == told


@pytest.mark.parametrize("value", [0, 0.5, "0", "1700000000", "2026-1-5", "20260105", "", None])
def test_seconds_since_1970_are_no_day(value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        DAYS.validate_python(value)
    assert code_of(refused) == "not_a_day"


@pytest.mark.parametrize("value", [0, 0.5, "0.5", "1700000000", "2026-01-05", "soon", None])
def test_seconds_since_1970_are_no_instant(value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        INSTANTS.validate_python(value)
    assert code_of(refused) == "not_an_instant"


def test_an_instant_needs_its_zone() -> None:
    with pytest.raises(ValidationError) as refused:
        INSTANTS.validate_python("2026-01-05T08:00:00")
    assert code_of(refused) == "timezone_aware"


@pytest.mark.parametrize("value", ["1879-12-31", "2200-01-01", "9999-12-31", "0001-01-01"])
def test_a_day_out_of_reach_is_refused(value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DAYS.validate_python(value)
    assert code_of(refused) == "day_out_of_reach"


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2200-01-01T00:00:00Z"]
)
def test_an_instant_out_of_reach_is_refused_also_where_utc_has_no_such_year(value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        INSTANTS.validate_python(value)
    assert code_of(refused) == "day_out_of_reach"
