"""What of an event a table can hold: the contracts promise types, PostgreSQL has bounds as well.

The bounds are checked in reading, not published: a contract that bounds a field later is another
contract, and what our services send keeps far within them.
"""

from collections.abc import Iterable
from datetime import date

from shared.contracts import EventData
from shared.contracts.base import COUNTS_ROWS

INTEGER, BIGINT = 2**31, 2**63
LONGEST_TEXT = 500
"""Of four bytes each still an entry of an index. Events carry ids and codes, nothing longer."""
YEARS = range(1800, 2300)
"""What the API takes (`shared.when`) and what may be derived from it, with room for any zone."""


def unholdable(data: EventData) -> list[str]:
    """The fields that cannot be kept, and why: names and codes only."""
    found = ((name, _refusal(value, _bound(data, name))) for name, value in data)
    return [f"{name}: {why}" for name, why in found if why]


def _bound(data: EventData, name: str) -> int:
    return BIGINT if COUNTS_ROWS in type(data).model_fields[name].metadata else INTEGER


def _refusal(value: object, bound: int) -> str | None:
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return "text_too_long"
        return "nul_in_text" if "\0" in value else None
    if isinstance(value, int):
        return None if -bound <= value < bound else "integer_out_of_reach"
    if isinstance(value, date):
        return None if value.year in YEARS else "moment_out_of_reach"
    if isinstance(value, Iterable):
        return next(filter(None, (_refusal(one, bound) for one in value)), None)
    return None
