"""Bodies of the partner endpoints."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from stdnum.fi import ytunnus

from shared.contracts.codes import PartnerKind
from shared.contracts.fields import Municipality


def _business_id(value: str) -> str:
    if not ytunnus.is_valid(value):
        raise PydanticCustomError("business_id_invalid", "not a valid Y-tunnus (check digit)")
    return str(ytunnus.format(ytunnus.compact(value)))


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


ClientId = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$", examples=["harjukatu-homes"])]


class PartnerBody(BaseModel):
    """What an administrator says of a partner."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: PartnerKind
    business_id: Annotated[str, AfterValidator(_business_id)] | None = None
    oid: Annotated[str, Field(pattern=r"^[0-2](\.\d{1,20}){2,20}$")] | None = None
    municipalities: list[Municipality] = []
    client_ids: Annotated[
        list[ClientId],
        Field(
            max_length=50,
            description="the OAuth clients that may speak for the partner; empty: any whose token "
            "names it in `org`",
        ),
        AfterValidator(_distinct),
    ] = []
    suspended: bool = False


class PartnerView(PartnerBody):
    """A partner as stored; `authority` follows from the kind."""

    id: UUID
    authority: bool
