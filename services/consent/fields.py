"""Fields that several bodies share; ids and codes only, so that nothing identifying slips in."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.auth import Caller
from shared.problems import FieldError
from shared.redaction import MASK, mask


def _not_identifying(value: str) -> str:
    if MASK in mask(value):
        raise PydanticCustomError(
            "identifying_value", "a code must not hold an identity code, phone number or e-mail"
        )
    return value


Organisation = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", to_lower=True),
    AfterValidator(_not_identifying),
    Field(description="its OID, or its id in this house", examples=["1.2.246.10.99901019.10.1"]),
]
DataClass = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"),
    AfterValidator(_not_identifying),
    Field(description="code of a class of data", examples=["joint_plan"]),
]


def check_recorder(caller: Caller, recorded_by: UUID) -> list[FieldError]:
    """A worker records in their own name; a system says who did."""
    if caller.worker is None or caller.worker.lower() == str(recorded_by):
        return []
    return [FieldError("/recorded_by", "recorded_by_not_caller", "must be the token's worker")]
