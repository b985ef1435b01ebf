"""Bodies of the handover endpoints."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.caseload.handovers.rules import HandoverState
from shared.contracts.codes import HandoverDecline, HandoverFailure
from shared.contracts.fields import Printable
from shared.when import Instant

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Receiver(_Body):
    """The receiving service: its id, if it answers with a token of its own, or its name."""

    id: UUID | None = None
    name: Annotated[str, Field(min_length=1, max_length=200), Printable] | None = None
    kind: Annotated[Code, Field(description="such as `adult_social_work`")] = "other"

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.id is None and self.name is None:
            raise PydanticCustomError("receiver_missing", "needs an id or a name")
        return self


def _as_receiver(value: object) -> object:
    """A receiver given as text alone is its id, or else its name."""
    if not isinstance(value, str):
        return value
    try:
        return {"id": UUID(value)}
    except ValueError:
        return {"name": value}


class ProposalBody(_Body):
    """Who should take the client over, and with which service."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "receiver": {
                        "id": "01980000-0000-7000-8000-000000000104",
                        "name": "Adult Social Work, Lahti",
                        "kind": "adult_social_work",
                    },
                    "service": "supported_housing",
                }
            ]
        }
    )

    receiver: Annotated[
        Receiver,
        BeforeValidator(_as_receiver),
        Field(description="its id or its name alone, as text, will do"),
    ]
    service: Annotated[Code, Field(description="the county's code of the service")]


class DecliningBody(_Body):
    """Why the receiving service says no."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "no_room"}]})

    reason: HandoverDecline = HandoverDecline.OTHER


class MeetingBody(_Body):
    """The first meeting of client, team and receiving service."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "2026-11-30T10:00:00Z"}]})

    at: Annotated[Instant | None, Field(description="now when left out; not in the future")] = None


Failure = Literal[
    HandoverFailure.CLIENT_WITHDREW,
    HandoverFailure.CLIENT_NOT_REACHED,
    HandoverFailure.RECEIVER_WITHDREW,
    HandoverFailure.OTHER,
]


class FailingBody(_Body):
    """Why the handover came to nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "client_withdrew"}]})

    reason: Failure = HandoverFailure.OTHER


class FollowUpBody(_Body):
    """Whether the client is still with the receiving service."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"days": 30, "attached": True}]})

    days: Literal[30, 90]
    attached: bool


class FollowUpView(BaseModel):
    """A question to be asked some days after the confirmation, and its answer."""

    days: int
    due_at: datetime
    done_at: datetime | None
    attached: bool | None


class ReceivedView(BaseModel):
    """A handover as the receiving service sees it: nothing else of the case."""

    id: UUID
    case: UUID
    status: HandoverState
    service: str
    proposed_at: datetime
    answer_due_at: datetime
    answered_at: datetime | None
    joint_meeting_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None


class HandoverView(ReceivedView):
    """A handover as the team sees it."""

    receiver: Receiver
    ended_reason: str | None
    follow_ups: list[FollowUpView]


class DueFollowUpView(BaseModel):
    """A confirmed handover of which it should be asked now how it went."""

    handover: UUID
    case: UUID
    client_ref: UUID
    team: UUID
    receiver: Receiver
    service: str
    due: list[FollowUpView]
