"""Annotated types of request fields that several services take, each with its own error code."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shared.contracts.codes import AgeGroup, Reason
from shared.contracts.municipalities import counties_by_municipality, county_of

_TARGET_GROUPS = sorted([*AgeGroup, *Reason])
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise PydanticCustomError("control_character", "control characters are not taken")
    return value


def _known_municipality(value: str) -> str:
    if county_of(value) is None:
        raise PydanticCustomError(
            "municipality_unknown", "not a code of a Finnish municipality (three digits)"
        )
    return value


def _known_county(value: str) -> str:
    if value not in counties_by_municipality().values():
        raise PydanticCustomError(
            "county_unknown", "not a code of a wellbeing services county (two digits)"
        )
    return value


def _known_group(value: str) -> str:
    if value not in _TARGET_GROUPS:
        raise PydanticCustomError(
            "target_group_unknown", "not a code of an age group or of a reason to refer"
        )
    return value


Printable = AfterValidator(_printable)
Municipality = Annotated[str, AfterValidator(_known_municipality), Field(examples=["398"])]
County = Annotated[str, AfterValidator(_known_county), Field(examples=["09"])]
Language = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", examples=["fi", "sv", "en"])
]
TargetGroup = Annotated[
    str, AfterValidator(_known_group), Field(json_schema_extra={"enum": _TARGET_GROUPS})
]
Code = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,49}$",
        description="a code of the county's own list, in small letters; never a name",
    ),
]
