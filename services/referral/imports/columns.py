"""The columns of a CSV file: the fields of a referral by dotted names, and how cells are read.

Cells may be as a Finnish spreadsheet writes them, where that is unambiguous: dates as 24.12.2026,
decimals with a comma, TOSI and EPÄTOSI, codes that lost their leading zeros.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from services.referral.intake.schemas import ReferralBody

LIST_SEPARATOR = "|"
MUNICIPALITY_DIGITS = 3
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_COMMA_DECIMAL = re.compile(r"-?\d+,\d{1,2}")
_DIGIT_GROUPS = re.compile(r"[ \u00a0\u202f]")
_TRUTHS = {
    **dict.fromkeys(("true", "tosi", "kyllä", "sant", "ja", "yes", "1"), True),
    **dict.fromkeys(("false", "epätosi", "ei", "falskt", "nej", "no", "0"), False),
}

Reader = Callable[[str], Any]


def read_date(cell: str) -> str:
    """A Finnish date as ISO; anything else as it is."""
    match = _DATE.fullmatch(cell)
    return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}" if match else cell


def read_decimal(cell: str) -> str:
    """A decimal with a point, without spaces between its groups and without a euro sign."""
    plain = _DIGIT_GROUPS.sub("", cell.removesuffix("€"))
    return plain.replace(",", ".") if _COMMA_DECIMAL.fullmatch(plain) else plain


def read_truth(cell: str) -> bool | str:
    """True or false in Finnish, Swedish or English; anything else as it is."""
    return _TRUTHS.get(cell.lower(), cell)


def read_list(cell: str) -> list[str]:
    """The codes of a cell."""
    return [code.strip() for code in cell.split(LIST_SEPARATOR) if code.strip()]


def read_municipality(cell: str) -> str:
    """The code with the zeros that a spreadsheet took for superfluous."""
    return cell.zfill(MUNICIPALITY_DIGITS) if cell.isdecimal() else cell


_BY_NAME: Mapping[str, Reader] = {"client.municipality": read_municipality}
_BY_TYPE: Mapping[type, Reader] = {
    bool: read_truth,
    date: read_date,
    Decimal: read_decimal,
    list: read_list,
}


@cache
def columns() -> Mapping[str, Reader]:
    """Every column by its name, in the order of the referral's fields."""
    return {name: _reader(name, annotation) for name, annotation in _fields(ReferralBody, "")}


def body_of(names: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """The referral that a row of cells says; an empty cell says nothing.

    `client` and `contact_person` are always there, so that what they lack is told by its name.
    """
    body: dict[str, Any] = {"client": {}, "contact_person": {}}
    for name, cell in zip(names, cells, strict=True):
        text = cell.strip()
        if not text:
            continue
        group, _, field = name.rpartition(".")
        target = body.setdefault(group, {}) if group else body
        target[field] = columns()[name](text)
    return body


def _fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        nested = _model_in(field.annotation)
        if nested is None:
            yield prefix + name, field.annotation
        else:
            yield from _fields(nested, f"{prefix}{name}.")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _reader(name: str, annotation: Any) -> Reader:
    if name in _BY_NAME:
        return _BY_NAME[name]
    kinds = {part for part in _parts(annotation) if isinstance(part, type)}
    return next((read for kind, read in _BY_TYPE.items() if kind in kinds), str)


def _parts(annotation: Any) -> Iterator[Any]:
    """The annotation and all that it is made of."""
    yield annotation
    origin = getattr(annotation, "__origin__", None)
    if origin is not None:
        yield origin
    for part in get_args(annotation):
        yield from _parts(part)
