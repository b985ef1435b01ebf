"""What `GET /v1/me` tells."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.referral.agreements.schemas import Terms
from shared.contracts.codes import PartnerKind


class PartnerOfCaller(BaseModel):
    """The partner the caller speaks for."""

    id: UUID
    name: str
    kind: PartnerKind
    authority: Annotated[
        bool, Field(description="may learn what became of a referral without the client's consent")
    ]


class AgreementInForce(Terms):
    """The version that holds today."""

    version: int
    used_this_week: Annotated[
        int, Field(description="referrals sent under it in this ISO week, Finnish time")
    ]


class Rate(BaseModel):
    """How often the caller may call: `limit` requests in `window_seconds`."""

    limit: int
    window_seconds: int
    remaining: int


class Me(BaseModel):
    """A caller as the house knows it."""

    client_id: str
    scopes: list[str]
    partner: PartnerOfCaller
    agreement: AgreementInForce | None
    rate: Rate
    open_referrals: Annotated[
        int, Field(description="of those you sent, how many you are shown as not ended")
    ]
