"""The header `Purpose-Of-Use`: who reads what identifies a person says why, and it is logged."""

from typing import Annotated

from fastapi import Depends, Header

from services.referral.clients.schemas import PurposeOfUse
from shared.problems import PURPOSE_OF_USE_MISSING, Problem


async def _purpose(
    purpose: Annotated[
        str | None,
        Header(
            alias="Purpose-Of-Use",
            description="care, coordination or administration; logged",
            json_schema_extra={"enum": [str(purpose) for purpose in PurposeOfUse]},
        ),
    ] = None,
) -> PurposeOfUse:
    if purpose not in set(PurposeOfUse):
        raise Problem(PURPOSE_OF_USE_MISSING)
    return PurposeOfUse(purpose)


Purpose = Annotated[PurposeOfUse, Depends(_purpose)]
